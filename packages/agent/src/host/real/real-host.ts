import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { K3S } from '@drover/protocol'
import { memberRequest, SNAPSHOT } from '../ask-etcd.ts'
import type { HostWriter } from '../host.ts'
import { copyDatabase, objectKeys } from './copy-database.ts'
import { copyEtcd } from './copy-etcd.ts'
import { downloadTo } from './download.ts'
import { runProgram, toolPath } from './exec.ts'
import { createLoopback } from './loopback.ts'
import { readMounts, readProcesses } from './processes.ts'
import { createFileReader } from './read-files.ts'
import { daemonReload, readLog, readUnit, runTool, unitDo } from './systemd.ts'
import { askUploaded, uploadFrom } from './upload.ts'
import { createFileWriter } from './write-files.ts'

/** This machine itself. `signal` ends pauses and downloads. */
export const createRealHost = (signal: AbortSignal = new AbortController().signal): HostWriter => {
  const ask = createLoopback()
  return {
    ...createFileReader(''),
    ...createFileWriter(''),
    read: (tool, args) => runTool(tool, args),
    hasTool: async (tool) => toolPath(tool) !== null,
    askVersion: (path) => runProgram({ file: path, args: ['--version'], timeoutMs: 60_000 }),
    unit: readUnit,
    log: readLog,
    get: ask,
    objectKeys: (database) => objectKeys('', database),
    uploaded: (target) => askUploaded(target, signal),
    mounts: readMounts,
    processes: readProcesses,
    copyDatabase: (wanted) => copyDatabase('', wanted),
    copyEtcd: (wanted) => copyEtcd(SNAPSHOT, wanted, signal),
    pause: (ms) => wait(ms, undefined, { signal }).catch(() => undefined),
    change: (tool, args, stdin) => runTool(tool, args, stdin),
    unitDo,
    daemonReload,
    kill: async (pid) => {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // it has ended meanwhile
      }
    },
    promoteMember: (id) => ask(memberRequest('promote', id)),
    removeMember: (id) => ask(memberRequest('remove', id)),
    kubectl: (args, timeoutMs) => runProgram({ file: K3S.binary, args: ['kubectl', ...args], timeoutMs }),
    download: async (download) => {
      await mkdir(dirname(download.to), { recursive: true, mode: 0o755 })
      return downloadTo('', download, signal)
    },
    upload: (wanted) => uploadFrom('', wanted, signal),
  }
}
