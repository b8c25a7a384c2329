import type { HostChanges, HostWriter } from './host.ts'

/** Called around each change with the name of the change and its first argument; runs it by calling `go`. */
export type Around = <R>(name: keyof HostChanges, what: string, go: () => Promise<R>) => Promise<R>

/** A host whose every change goes through `around`: the veto before each change, and faults and counts in tests. */
export const wrapChanges = (host: HostWriter, around: Around): HostWriter => {
  const through =
    <A extends readonly unknown[], R>(name: keyof HostChanges, change: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      around(name, typeof args[0] === 'string' ? args[0] : '', () => change(...args))
  return {
    ...host,
    writeFile: through('writeFile', host.writeFile),
    makeFolder: through('makeFolder', host.makeFolder),
    remove: through('remove', host.remove),
    removeEmpty: through('removeEmpty', host.removeEmpty),
    removeTree: through('removeTree', host.removeTree),
    rename: through('rename', host.rename),
    symlink: through('symlink', host.symlink),
    setMode: through('setMode', host.setMode),
    duplicate: through('duplicate', host.duplicate),
    copy: through('copy', host.copy),
    setSysctl: through('setSysctl', host.setSysctl),
    copyDatabase: (wanted) => around('copyDatabase', wanted.to, () => host.copyDatabase(wanted)),
    copyEtcd: (wanted) => around('copyEtcd', wanted.to, () => host.copyEtcd(wanted)),
    change: through('change', host.change),
    unitDo: through('unitDo', host.unitDo),
    daemonReload: through('daemonReload', host.daemonReload),
    kill: through('kill', host.kill),
    promoteMember: through('promoteMember', host.promoteMember),
    removeMember: through('removeMember', host.removeMember),
    kubectl: (args, timeoutMs) => around('kubectl', args[0] ?? '', () => host.kubectl(args, timeoutMs)),
    download: through('download', host.download),
    upload: (wanted) => around('upload', wanted.from, () => host.upload(wanted)),
  }
}
