import { type Role, unitOf } from '@drover/protocol'
import { notVoting } from '../core/k3s/not-voting.ts'
import { readEtcd } from '../facts/readers/etcd.ts'
import type { HostReader } from '../host/host.ts'
import { unitIsUp } from '../host/unit-is-up.ts'
import { askLoopback } from './ask-loopback.ts'

/** What is to be up: a role, and of a server its datastore. */
export type Wanted = { readonly role: Role; readonly datastore: 'sqlite' | 'etcd' }

/** What keeps k3s from being up, for people; null where it is up. On etcd a server is up once its member votes. */
export const notUp = async (host: HostReader, { role, datastore }: Wanted): Promise<string | null> => {
  const unit = await host.unit(unitOf(role))
  if (!(await unitIsUp(host, role, unit))) return `the unit is ${unit.active}`
  if (role === 'agent') return null
  const answer = await askLoopback(host, '/readyz')
  if (answer === null) return '/readyz does not answer'
  if (answer.status !== 200 || answer.body.trim() !== 'ok') return `/readyz says ${String(answer.status)} ${answer.body.slice(0, 200)}`
  return datastore === 'etcd' ? notVoting(await readEtcd(host)) : null
}
