import { stringify } from 'yaml'
import { isJson, type KubeObject, part, partList, word } from '../api/kube-object.ts'
import { isReady, nameOf } from '../kubelet/node-object.ts'

const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isJson(value)) return value
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, ordered(value[key])]))
}

/** JSON as kubectl prints it: keys sorted, four spaces. */
export const printJson = (value: unknown): string => `${JSON.stringify(ordered(value), null, 4)}\n`

/** A list of objects as kubectl's `List`. */
export const asList = (items: readonly KubeObject[]): unknown => ({ apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } })

/** An age such as `12s`, `5m10s`, `3h`. */
export function age(created: unknown, now = Date.now()): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(String(created))) / 1000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`
  if (seconds < 3600 * 3) return `${Math.floor(seconds / 60)}m`
  return seconds < 86_400 * 2 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}

/** Columns padded to their widest cell, three spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 3))).join('')}\n`).join('')
}

const address = (node: KubeObject, type: string): string =>
  word(partList(node, 'status', 'addresses').find((one) => one['type'] === type)?.['address'], '<none>')

function nodeRow(node: KubeObject, wide: boolean): string[] {
  const labels = Object.keys(part(node, 'metadata', 'labels'))
  const roles = labels.filter((label) => label.startsWith('node-role.kubernetes.io/')).map((label) => label.slice(24)).sort()
  const state = `${isReady(node) ? 'Ready' : 'NotReady'}${part(node, 'spec')['unschedulable'] === true ? ',SchedulingDisabled' : ''}`
  const info = part(node, 'status', 'nodeInfo')
  const first = [nameOf(node), state, roles.length === 0 ? '<none>' : roles.join(','), age(node.metadata['creationTimestamp']), word(info['kubeletVersion'])]
  if (!wide) return first
  return [...first, address(node, 'InternalIP'), address(node, 'ExternalIP'), word(info['osImage']), word(info['kernelVersion']), word(info['containerRuntimeVersion'])]
}

/** The table of `kubectl get nodes`. */
export function nodeTable(nodes: readonly KubeObject[], wide: boolean): string[][] {
  const more = wide ? ['INTERNAL-IP', 'EXTERNAL-IP', 'OS-IMAGE', 'KERNEL-VERSION', 'CONTAINER-RUNTIME'] : []
  return [['NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION', ...more], ...nodes.map((node) => nodeRow(node, wide))]
}

/** The table of any other resource: namespace where asked for, name, age. */
export function plainTable(items: readonly KubeObject[], allNamespaces: boolean): string[][] {
  const rows = items.map((item) => [
    ...(allNamespaces ? [word(item.metadata['namespace'])] : []),
    item.metadata.name,
    age(item.metadata['creationTimestamp']),
  ])
  return [[...(allNamespaces ? ['NAMESPACE'] : []), 'NAME', 'AGE'], ...rows]
}

/** A `{.a.b[0].c}` path (several may be joined) over an object; lists without an index are joined by spaces with `[*]`. */
export function jsonPath(template: string, value: unknown): string {
  return template.replaceAll(/\{([^}]*)\}/g, (_, path: string) => {
    const keys = path.replace(/^\./, '').match(/(?:[^.[\]\\]|\\.)+|\[[^\]]*\]/g) ?? []
    const found = keys.reduce<unknown[]>((at, key) => at.flatMap((one) => pick(one, key)), [value])
    return found.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(' ')
  })
}

function pick(value: unknown, key: string): unknown[] {
  if (key === '[*]') return Array.isArray(value) ? value : []
  if (key.startsWith('[')) return Array.isArray(value) ? value.slice(Number(key.slice(1, -1))).slice(0, 1) : []
  const found = isJson(value) ? value[key.replaceAll('\\.', '.')] : undefined
  return found === undefined ? [] : [found]
}

/** One object or list in an output form; undefined when the form is not one of json, yaml, name, jsonpath. */
export function printAs(form: string, value: unknown, items: readonly { kind: string; object: KubeObject }[]): string | undefined {
  if (form === 'json') return printJson(value)
  if (form === 'yaml') return stringify(ordered(value))
  if (form === 'name') return items.map((item) => `${item.kind}/${item.object.metadata.name}\n`).join('')
  return form.startsWith('jsonpath=') ? jsonPath(form.slice(9), value) : undefined
}
