// A coordinator's downloads and nothing else: `node serve.ts FOLDER PORT` serves the folder's files over TLS with its tls.key and
// tls.crt, and says one line when it listens.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'

const [folder = '.', port = '8443'] = process.argv.slice(2)
const server = createServer({ key: readFileSync(join(folder, 'tls.key')), cert: readFileSync(join(folder, 'tls.crt')) }, (request, response) => {
  const path = join(folder, 'www', new URL(request.url ?? '/', 'https://any').pathname)
  if (existsSync(path)) response.end(readFileSync(path))
  else response.writeHead(404).end()
})
server.listen(Number(port), () => console.log('listening'))
