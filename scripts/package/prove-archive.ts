import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ARCHES, elfMachine, ownArch, type Arch } from './runtime.ts'

/** qemu's user emulation for arm64 with Debian's cross libraries; an empty list on the architecture itself, undefined where it is not there. */
export const runnerFor = (arch: Arch): readonly string[] | undefined => {
  if (arch === ownArch()) return []
  const { gnu } = ARCHES[arch]
  const [cpu = ''] = gnu.split('-')
  const qemu = `/usr/bin/qemu-${cpu}-static`
  return existsSync(qemu) && existsSync(`/usr/${gnu}/lib`) ? [qemu, '-L', `/usr/${gnu}`] : undefined
}

/**
 * Unpacks an agent's archive as the installer does and starts what is in it; the line says what was proved. Throws where the
 * Node inside is of another machine or does not start. Emulated, it proves that the binary loads and runs JavaScript, not that
 * it does so on real hardware.
 */
export const proveArchive = (archive: string, arch: Arch): string => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-prove-'))
  try {
    const unpacked = spawnSync('tar', ['-xf', archive, '-C', folder], { encoding: 'utf8' })
    if (unpacked.status !== 0) throw new Error(`${archive}: tar cannot unpack it: ${unpacked.stderr}`)
    const node = join(folder, 'node')
    const machine = elfMachine(readFileSync(node))
    if (machine !== ARCHES[arch].elf) throw new Error(`${archive}: node is an ELF file for machine ${String(machine)}`)
    const runner = runnerFor(arch)
    if (runner === undefined) return `${arch}: an ELF file of the right machine; not started (qemu-user-static or its cross libraries are not here)`
    const start = (...argv: readonly string[]): string => {
      const [command, ...args] = [...runner, node, ...argv] as [string, ...string[]]
      const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
      if (status !== 0) throw new Error(`${archive}: node ${argv.join(' ')} ended with ${String(status)}: ${stderr}`)
      return stdout.trim()
    }
    for (const program of ['agent.cjs', 'children.cjs']) start(join(folder, program), '--version')
    const said = start('-p', 'process.version + " " + process.arch')
    return `${arch}: an ELF file of the right machine; ${said} started${runner.length > 0 ? ' under qemu-user (emulated, not real hardware)' : ''}`
  } finally {
    rmSync(folder, { recursive: true })
  }
}
