// Run in a namespace of the lab: passes every connection to a Unix socket on to an address there.
// usage: node tunnel-far-end.ts SOCKET ADDRESS PORT
import { connect, createServer } from 'node:net'
import { joinSockets } from './join-sockets.ts'

const [socket = '', address = '', port = ''] = process.argv.slice(2)
const server = createServer({ allowHalfOpen: true }, (near) => {
  joinSockets(near, connect({ host: address, port: Number(port), allowHalfOpen: true }))
})
server.listen(socket, () => process.stdout.write('listening\n'))
