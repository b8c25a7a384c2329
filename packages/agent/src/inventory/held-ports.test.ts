import { describe, expect, it } from 'vitest'
import type { Socket } from '../core/parse/proc-sockets.ts'
import { heldPorts } from './held-ports.ts'

const API: Socket = { proto: 'tcp', port: 6443, inode: '1' }
const SSH: Socket = { proto: 'tcp', port: 22, inode: '2' }

describe('heldPorts', () => {
  it('names a port that stays open although nobody of ours runs', async () => {
    expect(await heldPorts({ sockets: async () => [API, SSH], owners: async () => new Map(), ourK3sRuns: async () => false })).toEqual(['tcp/6443'])
  })

  it('does not name the port of a k3s that ended between two looks, of which nobody sees the holder any more', async () => {
    let open = [API]
    const ends = async (): Promise<boolean> => {
      open = []
      return false
    }
    expect(await heldPorts({ sockets: async () => open, owners: async () => new Map(), ourK3sRuns: ends })).toEqual([])
  })

  it('looks for nobody where no port of k3s is open', async () => {
    const never = async (): Promise<never> => {
      throw new Error('nothing is to be asked')
    }
    expect(await heldPorts({ sockets: async () => [SSH], owners: never, ourK3sRuns: never })).toEqual([])
  })
})
