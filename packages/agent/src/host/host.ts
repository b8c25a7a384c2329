import type { CopyStanding, SysctlName } from '@drover/protocol'
import type { CopySealer } from '@drover/protocol/node'
import type { AbsolutePath } from './path.ts'
import type { ChangeTool, ReadTool } from './tools.ts'

/** What lies at a path itself; links are not followed. Sizes in bytes, times in ms since 1970. */
export type FileStat = {
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  readonly mode: number
  readonly uid: number
  readonly bytes: number
  readonly modifiedMs: number
  readonly device: number
}

/** How a program ended: exit code (null: killed by a signal or a time-out) and both outputs, each capped at 256 KiB head and tail. */
export type RunResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string; readonly timedOut: boolean }

/** A unit as `systemctl show` tells it. */
export type UnitState = {
  readonly load: string
  readonly active: string
  readonly sub: string
  readonly enabled: boolean
  readonly restarts: number
  /** systemd's id of the present (or last) activation; empty where there was none since boot. */
  readonly invocation: string
  readonly mainPid: number
  /** The unit file has changed since systemd read it. */
  readonly stale: boolean
}

/** A process: its executable's path (empty where it cannot be read) and its parent. */
export type HostProcess = { readonly pid: number; readonly parent: number; readonly exe: string; readonly cgroup: string }

/** One request to this host itself: GET, or POST of JSON where there is a body. Certificate files are paths, read at the time of the call. */
export type LoopbackRequest = {
  readonly url: string
  readonly ca?: AbsolutePath
  readonly cert?: AbsolutePath
  readonly key?: AbsolutePath
  /** From the first byte sent to the last one received. */
  readonly timeoutMs: number
  readonly body?: string
}

/** What this host itself answers; the body at most 64 KiB. */
export type LoopbackAnswer = { readonly status: number; readonly body: string }

/** Lines of a unit's log, oldest first, and the cursor after them. */
export type LogLines = { readonly lines: readonly string[]; readonly cursor: string }

/** Where a copy goes: the coordinator's URL for it, the SHA-256 of its public key info in base64, and what lets the host in. */
export type UploadTarget = { readonly url: string; readonly pin: string | null; readonly authorization: string }

/** All that a step may look at. Missing things are null, never errors. */
export type HostReader = {
  /** The bytes of a regular file of at most `maxBytes` (default 1 MiB); null where there is none. Throws where it is larger. */
  readonly readFile: (path: AbsolutePath, maxBytes?: number) => Promise<Uint8Array | null>
  readonly stat: (path: AbsolutePath) => Promise<FileStat | null>
  /** Names in a folder, sorted; null where there is none. */
  readonly list: (path: AbsolutePath) => Promise<readonly string[] | null>
  readonly readLink: (path: AbsolutePath) => Promise<string | null>
  /** SHA-256 of a regular file as hex. */
  readonly sha256: (path: AbsolutePath) => Promise<string | null>
  /** Bytes free for root on the file system that holds the path or its nearest existing parent. */
  readonly freeBytes: (path: AbsolutePath) => Promise<number>
  /** Absolute path of a program on the search path of people (also /usr/local), null where there is none. */
  readonly which: (name: string) => Promise<string | null>
  readonly read: (tool: ReadTool, args: readonly string[]) => Promise<RunResult>
  readonly hasTool: (tool: ReadTool | ChangeTool) => Promise<boolean>
  /** Runs the file with `--version`, at most 20 s. */
  readonly askVersion: (path: AbsolutePath) => Promise<RunResult>
  readonly unit: (name: string) => Promise<UnitState>
  /** The unit's log after a cursor (empty: the last lines). */
  readonly log: (unit: string, after: string) => Promise<LogLines>
  /** Asks what changes nothing, whatever its method; null where nothing answers in time. */
  readonly get: (request: LoopbackRequest) => Promise<LoopbackAnswer | null>
  /** The keys of Kubernetes' objects in a datastore of kine that nobody writes to, the oldest first. Throws DroverError snapshot.damaged. */
  readonly objectKeys: (database: AbsolutePath) => Promise<readonly string[]>
  /** How much of a copy the coordinator has. Throws DroverError copy.unreached, or what the coordinator answers. */
  readonly uploaded: (target: UploadTarget) => Promise<CopyStanding>
  /** Mount points, in the order in which they were mounted. */
  readonly mounts: () => Promise<readonly string[]>
  readonly processes: () => Promise<readonly HostProcess[]>
  /** Resolves after so many ms, or at once where the step has been aborted. */
  readonly pause: (ms: number) => Promise<void>
}

/** A download: where from, where to, and what it may be. `pin` is the SHA-256 of the server's public key info in base64; `authorization` goes to a pinned server alone. */
export type Download = {
  readonly url: string
  readonly to: AbsolutePath
  readonly maxBytes: number
  readonly pin: string | null
  readonly authorization?: string
  readonly onBytes: (bytes: number, total: number | null) => void
}

/** A file that goes to the coordinator, sealed frame by frame; `onBytes`: how much of the sealed copy is there. */
export type Upload = UploadTarget & { readonly from: AbsolutePath; readonly sealer: CopySealer; readonly onBytes: (bytes: number, total: number) => void }

/** A copy of an SQLite database that may be in use: from where, to which new file, and a query of one number that is asked of the copy. */
export type DatabaseCopy = { readonly from: AbsolutePath; readonly to: AbsolutePath; readonly count: string }

/** A copy of what this host's etcd member holds, to which new file; `onBytes`: how much of it is there. */
export type MemberCopy = { readonly to: AbsolutePath; readonly onBytes: (bytes: number) => void }

/** What a unit can be asked to do; `start` and `restart` do not wait. */
export type UnitVerb = 'start' | 'restart' | 'stop' | 'enable' | 'disable' | 'reset-failed'

/** All that a step may change. Every member changes the host; every write is durable when it resolves. */
export type HostChanges = {
  /** Writes a file whole: temporary name in the same folder, fsync, rename, fsync of the folder. Makes missing folders (0755). */
  readonly writeFile: (path: AbsolutePath, bytes: Uint8Array, mode: number) => Promise<void>
  readonly makeFolder: (path: AbsolutePath, mode: number) => Promise<void>
  /** Removes a file or link; an absent one is fine. */
  readonly remove: (path: AbsolutePath) => Promise<void>
  /** Removes a folder where it is empty; false where it is not (or is none). */
  readonly removeEmpty: (path: AbsolutePath) => Promise<boolean>
  /** Removes a folder with all below; follows no link and never enters another file system. Throws where that leaves something. */
  readonly removeTree: (path: AbsolutePath) => Promise<void>
  readonly rename: (from: AbsolutePath, to: AbsolutePath) => Promise<void>
  readonly symlink: (target: string, path: AbsolutePath) => Promise<void>
  readonly setMode: (path: AbsolutePath, mode: number) => Promise<void>
  /** A second, durable copy of a regular file with mode, owner and times: a hard link where possible, else a copy; replaces `to`. */
  readonly duplicate: (from: AbsolutePath, to: AbsolutePath) => Promise<void>
  /** A new, durable file of our own (0600) with the bytes of one that may be somebody else's, never a second name of it; replaces `to`. */
  readonly copy: (from: AbsolutePath, to: AbsolutePath) => Promise<void>
  /** Gives a kernel value to the running kernel. Throws DroverError sysctl.refused where it does not take it. */
  readonly setSysctl: (name: SysctlName, value: number) => Promise<void>
  /**
   * Copies a database as it is at one moment, whoever writes to it meanwhile, to a new, durable file of our own (0600) that
   * stands alone, and checks the copy. Resolves with what the query counts in it; throws DroverError snapshot.damaged.
   */
  readonly copyDatabase: (copy: DatabaseCopy) => Promise<number>
  /**
   * Has this host's etcd member give a copy of itself, as it is at one moment, to a new, durable file of our own (0600), and
   * checks the SHA-256 that etcd puts at its end. Resolves with its bytes; throws DroverError etcd.copy, snapshot.damaged or step.space.
   */
  readonly copyEtcd: (copy: MemberCopy) => Promise<number>
  readonly change: (tool: ChangeTool, args: readonly string[], stdin?: string) => Promise<RunResult>
  readonly unitDo: (verb: UnitVerb, unit: string) => Promise<void>
  readonly daemonReload: () => Promise<void>
  readonly kill: (pid: number) => Promise<void>
  /** Asks this host's etcd member to have the learner of this id (decimal text) vote; what it answers, null where nothing does in time. */
  readonly promoteMember: (id: string) => Promise<LoopbackAnswer | null>
  /** Asks this host's etcd member to take the member of this id (decimal text) out; what it answers, null where nothing does in time. */
  readonly removeMember: (id: string) => Promise<LoopbackAnswer | null>
  /** Runs the kubectl of the k3s on this host, as its administrator, for at most so many ms. */
  readonly kubectl: (args: readonly string[], timeoutMs: number) => Promise<RunResult>
  /** Fetches over HTTP(S) to a new file; throws DroverError binary.origin. Resolves with size and SHA-256 of what was written. */
  readonly download: (download: Download) => Promise<{ readonly bytes: number; readonly sha256: string }>
  /**
   * Brings a file to the coordinator, from where what is there of it ends; resolves with the bytes sent once all is there.
   * A cut is got over some times. Throws DroverError copy.unreached, or what the coordinator answers.
   */
  readonly upload: (upload: Upload) => Promise<{ readonly sent: number }>
}

/** A host that may be changed. */
export type HostWriter = HostReader & HostChanges
