import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DROVER, K3S } from '@drover/protocol'
import { isMember, makeMember } from './sim-etcd.ts'
import type { SimWorld } from './world.ts'

const put = (root: string, path: string, text: string): void => {
  mkdirSync(dirname(`${root}${path}`), { recursive: true })
  writeFileSync(`${root}${path}`, text, { mode: 0o600 })
}

const KUBECONFIG = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: Y2E=
    server: https://127.0.0.1:6443
  name: default
contexts:
- context:
    cluster: default
    user: default
  name: default
current-context: default
kind: Config
users:
- name: default
  user:
    client-certificate-data: Y2VydA==
    client-key-data: a2V5
`

const SHIM = `${K3S.data}/data/0a1b/bin/containerd-shim-runc-v2`

/** What a k3s leaves on its host that is no datastore: kubelet's folders, a pod's shim, mounts, links, packet rules. */
const leaveTraces = (root: string, world: SimWorld): void => {
  put(root, SHIM, 'shim')
  put(root, '/etc/rancher/node/password', 'node-password')
  put(root, '/run/flannel/subnet.env', 'FLANNEL_MTU=1450')
  put(root, '/var/lib/cni/networks/cbr0/10.42.0.2', 'pod')
  for (const folder of ['/run/k3s/containerd', '/var/lib/kubelet/pods/a', '/var/log/pods', '/var/log/containers', '/sys/class/net/cni0', '/sys/class/net/flannel.1']) {
    mkdirSync(`${root}${folder}`, { recursive: true })
  }
  const mounts = ['/run/k3s/containerd', '/var/lib/kubelet/pods/a']
  world.mounts = [...world.mounts.filter((point) => !mounts.includes(point)), ...mounts]
  world.iptables = '*nat\n:KUBE-SERVICES - [0:0]\n:OWN - [0:0]\n-A KUBE-SERVICES -j ACCEPT\n-A OWN -j ACCEPT\nCOMMIT\n'
  if (world.processes.some((one) => one.exe === SHIM)) return
  world.processes.push({ pid: 4000, parent: 1, exe: SHIM, cgroup: '/kubepods' }, { pid: 4001, parent: 4000, exe: '/pause', cgroup: '/kubepods' })
}

/** A datastore of kine as it is when nobody has it open: three objects, of which one was deleted, and one that is no object. */
const makeDatabase = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(`${folder}/state.db`)
  database.exec(`CREATE TABLE kine (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, created INTEGER, deleted INTEGER, value BLOB);
    INSERT INTO kine (name, created, deleted, value) VALUES ('compact_rev_key', 1, 0, ''), ('/registry/configmaps/default/a', 1, 0, '1'),
    ('/registry/configmaps/default/b', 1, 0, '1'), ('/registry/secrets/default/c', 1, 0, '1'), ('/registry/configmaps/default/a', 0, 0, '2'), ('/registry/configmaps/default/b', 0, 1, '')`)
  database.close()
}

const DB = `${K3S.data}/server/db`

/** SQLite with settings for etcd: an etcd begins, into which all is moved before k3s is up; one that has begun already is taken as it is. */
const beginMove = (root: string, world: SimWorld): void => {
  const dropIn = readFileSync(`${root}${K3S.dropIn}`, 'utf8')
  if (!isMember(dropIn) || !existsSync(`${root}${DB}/state.db`) || existsSync(`${root}${DB}/etcd/member`)) return
  world.etcd = null
  makeMember(root, world, dropIn)
}

/** k3s's own move is over: each object is in etcd, and the file has another name. Where k3s was stopped meanwhile nothing of it is made up for. */
const endMove = (root: string, world: SimWorld): void => {
  if (world.etcd === null || !existsSync(`${root}${DB}/state.db`) || !existsSync(`${root}${DB}/etcd/member`)) return
  if (world.etcd.cut) return void world.ledger.push('empty etcd')
  const database = new DatabaseSync(`${root}${DB}/state.db`)
  const rows = database.prepare(`${LIVE} ORDER BY name`).all()
  database.close()
  world.etcd.keys = rows.map((row) => String(row['name']))
  renameSync(`${root}${DB}/state.db`, `${root}${DB}/state.db.migrated`)
  world.ledger.push('move to etcd')
}

const LIVE = "SELECT DISTINCT name FROM kine AS k WHERE name LIKE '/registry/%' AND (SELECT deleted FROM kine WHERE name = k.name ORDER BY id DESC LIMIT 1) = 0"

/** An etcd in which a move has not ended is taken for whole by the next start. */
export const cutMove = (root: string, world: SimWorld): void => {
  if (world.etcd !== null && existsSync(`${root}${DB}/state.db`)) world.etcd.cut = true
}

const initialise = (root: string, world: SimWorld): void => {
  if (existsSync(`${root}${DB}`)) return beginMove(root, world)
  const dropIn = readFileSync(`${root}${K3S.dropIn}`, 'utf8')
  if (!/^server:/m.test(dropIn)) world.ledger.push('initialise')
  if (isMember(dropIn)) makeMember(root, world, dropIn)
  else makeDatabase(`${root}${DB}`)
  put(root, `${K3S.data}/server/tls/server-ca.crt`, 'ca')
}

/** A k3s process begins: what it writes at once. */
export const beginK3s = (root: string, world: SimWorld, name: string): void => {
  world.ledger.push(name === 'k3s' ? 'start server' : 'start agent')
  if (name === 'k3s') initialise(root, world)
}

/** A k3s is up: its kubeconfig and its traces are there, and the unit's ExecStartPost has left its mark. */
export const finishK3s = (root: string, world: SimWorld, name: string): void => {
  if (name === 'k3s') {
    endMove(root, world)
    put(root, K3S.kubeconfig, KUBECONFIG)
  }
  leaveTraces(root, world)
  put(root, DROVER.wasActive, '')
}

/** Whether the fault of the world keeps this k3s down: a cut first start is cured once its data is out of the way. */
export const isKeptDown = (root: string, world: SimWorld): boolean => {
  if (world.startFault === null) return false
  if (!world.startFault.includes('no bootstrap data')) return true
  return !world.ledger.includes('cured') && !cured(root, world)
}

const cured = (root: string, world: SimWorld): boolean => {
  const isFresh = existsSync(`${root}${K3S.data}/server/db`) && world.ledger.filter((line) => line === 'initialise').length > 1
  if (isFresh) world.ledger.push('cured')
  return isFresh
}

/** Takes a link of the simulated host away. */
export const deleteLink = (root: string, name: string): void => rmSync(`${root}/sys/class/net/${name}`, { recursive: true, force: true })
