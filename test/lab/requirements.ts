import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hierarchies } from './control-group.ts'
import { labsFolder } from './paths.ts'

/** Something a lab needs and this machine lacks, and how to get it. */
export interface Missing {
  readonly what: string
  readonly how: string
}

/** Commands a lab runs on the machine, by the Debian package that has them. */
const commandsOf: Readonly<Record<string, readonly string[]>> = {
  'systemd-container': ['systemd-nspawn'],
  debootstrap: ['debootstrap'],
  iproute2: ['ip'],
  nftables: ['nft'],
  'util-linux': ['nsenter', 'unshare', 'flock'],
  mount: ['mount', 'umount'],
}

// the magic number of overlayfs, see statfs(2)
const overlayfs = 0x79_4c_76_30

/** What this machine lacks for a lab; empty where labs run. */
export function missingForLab(): Missing[] {
  if (process.platform !== 'linux') return [{ what: 'Linux', how: 'run it on a Linux machine' }]
  const rights = missingRights()
  return [...missingCommands(), ...rights, ...(rights.length === 0 ? missingOfMachine() : [])]
}

function missingCommands(): Missing[] {
  return Object.entries(commandsOf).flatMap(([aptPackage, commands]) => {
    const absent = commands.filter((command) => !isOnPath(command))
    return absent.length === 0 ? [] : [{ what: absent.join(', '), how: `apt-get install ${aptPackage}` }]
  })
}

function missingRights(): Missing[] {
  if (process.getuid?.() !== 0) return [{ what: 'root', how: 'run it as root, e.g. with sudo' }]
  if (spawnSync('unshare', ['--mount', '--net', 'true']).status === 0) return []
  return [{ what: 'CAP_SYS_ADMIN', how: 'run it on the machine itself or in a privileged container' }]
}

function missingOfMachine(): Missing[] {
  const missing: Missing[] = []
  if (!existsSync('/sys/fs/cgroup') || hierarchies().length === 0) {
    missing.push({ what: 'control groups', how: 'mount /sys/fs/cgroup writable' })
  }
  if (statfsSync(nearestExisting(labsFolder())).type === overlayfs) {
    missing.push({ what: `a real file system at ${labsFolder()}`, how: 'set DROVER_LAB_DIR to a folder on ext4 or xfs' })
  }
  return missing
}

function isOnPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function nearestExisting(folder: string): string {
  return existsSync(folder) ? folder : nearestExisting(dirname(folder))
}
