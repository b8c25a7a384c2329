import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { HostStateSection } from '@drover/protocol'
import { mountOf } from '../core/parse/mount-info.ts'
import { absolutePath } from '../host/path.ts'
import type { CollectorTools } from './collector.ts'
import { keepFsyncResult, probeFsync, readFsyncResult } from './fsync-probe.ts'
import { readText } from './read-text.ts'

const MB = 1_048_576

/** File system, free space and fsync p99 of the disk that k3s's data is or will be on; nothing is created for k3s. */
export const readDataDisk = async (tools: CollectorTools): Promise<HostStateSection['data']> => {
  const place = await nearest(tools.data)
  const mount = mountOf((await readText('/proc/self/mountinfo')) ?? '', place.path)
  return {
    path: tools.data,
    filesystem: (mount?.filesystem ?? '').slice(0, 32),
    freeMb: Math.floor((await tools.host.freeBytes(absolutePath(place.path))) / MB),
    fsyncP99Us: await fsyncOf(tools, place),
  }
}

type Place = { readonly path: string; readonly device: number }

const nearest = async (path: string): Promise<Place> => {
  const found = await stat(path).catch(() => null)
  if (found !== null) return { path, device: found.dev }
  return path === '/' ? { path, device: 0 } : nearest(dirname(path))
}

/** Measured in Drover's own folder where that is on the same disk, beside the data otherwise. */
const fsyncOf = async (tools: CollectorTools, place: Place): Promise<number | null> => {
  const own = await nearest(tools.state)
  const result = `${tools.state}/fsync-probe.json`
  const kept = tools.fresh ? null : await readFsyncResult(result, { device: place.device, now: tools.now() })
  if (kept !== null) return kept.p99Us
  const p99Us = await probeFsync(own.device === place.device ? own.path : place.path).catch(() => null)
  if (p99Us !== null) await keepFsyncResult(result, { p99Us, device: place.device, at: tools.now() })
  return p99Us
}
