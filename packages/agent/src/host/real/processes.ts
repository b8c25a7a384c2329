import { readdir, readFile, readlink } from 'node:fs/promises'
import type { HostProcess } from '../host.ts'

const orEmpty = async (promise: Promise<string>): Promise<string> => {
  try {
    return await promise
  } catch {
    return ''
  }
}

const readProcess = async (pid: number): Promise<HostProcess | null> => {
  const folder = `/proc/${String(pid)}`
  const stat = await orEmpty(readFile(`${folder}/stat`, 'utf8'))
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  if (!Number.isInteger(parent)) return null
  const exe = await orEmpty(readlink(`${folder}/exe`))
  return { pid, parent, exe: exe.replace(/ \(deleted\)$/, ''), cgroup: (await orEmpty(readFile(`${folder}/cgroup`, 'utf8'))).trim() }
}

/** All processes that /proc shows; one that ends meanwhile is left out. */
export const readProcesses = async (): Promise<readonly HostProcess[]> => {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const read = await Promise.all(names.map((name) => readProcess(Number(name))))
  return read.filter((one) => one !== null)
}

const octal = (text: string): string => text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

/** Mount points of this mount namespace, in the order in which they were mounted. */
export const readMounts = async (): Promise<readonly string[]> => {
  const text = await readFile('/proc/self/mountinfo', 'utf8')
  return text.split('\n').flatMap((line) => {
    const point = line.split(' ')[4]
    return point === undefined ? [] : [octal(point)]
  })
}
