import type { Started } from '../cli/run-node.ts'
import { DATA_DIR, makePaths } from '../paths.ts'
import { versionDocument } from '../server/apiserver.ts'
import { type Given, readGiven } from './arguments.ts'
import { ask, KubectlError, readAccess } from './connect.ts'
import { changeNode, createObject, deleteObjects, drain, labelNode } from './change.ts'
import { getObjects } from './get.ts'
import { printJson } from './print.ts'
import type { Session } from './session.ts'

async function raw(session: Session, path: string): Promise<void> {
  session.out((await ask(session.access, { path }, path)).body)
}

async function version(session: Session, given: Given): Promise<void> {
  const known = Object.entries(versionDocument(session.version)).filter(([key]) => !/^(emulation|minCompat)/.test(key))
  const clientVersion = { ...Object.fromEntries(known), major: '', minor: '' }
  const server: unknown = given.flags.has('client') ? undefined : JSON.parse((await ask(session.access, { path: '/version' }, 'get version')).body)
  if (given.flags.get('output') === 'json') session.out(`${JSON.stringify({ clientVersion, kustomizeVersion: 'v5.8.1', serverVersion: server }, null, 2)}\n`)
  else session.out(`Client Version: ${session.version}\nKustomize Version: v5.8.1\n${server === undefined ? '' : `Server Version: ${session.version}\n`}`)
}

type Verb = (session: Session, given: Given) => Promise<void>

const VERBS: Readonly<Record<string, Verb>> = {
  get: (session, given) => {
    const path = given.flags.get('raw')
    return path === undefined ? getObjects(session, given) : raw(session, path)
  },
  version,
  cordon: (session, given) => changeNode(session, given, true),
  uncordon: (session, given) => changeNode(session, given, false),
  drain,
  label: labelNode,
  delete: deleteObjects,
  create: createObject,
  config: async (session) => session.out(printJson({ server: session.access.url })),
}

/** `kubectl …` as far as the table in the README says; failures go to standard error with exit code 1. */
export async function runKubectl(started: Started & { readonly out: (text: string) => void }): Promise<number> {
  try {
    // Flags may stand before the verb too, as in kubectl.
    const { words: [verb = '', ...words], flags } = readGiven(started.given)
    const given: Given = { words, flags }
    const run = VERBS[verb]
    if (run === undefined) throw new KubectlError(`error: unknown command "${verb}" for "kubectl"`)
    const paths = makePaths(started.env['K3S_DOUBLE_ROOT'] ?? '', DATA_DIR)
    const file = given.flags.get('kubeconfig') ?? (started.env['KUBECONFIG'] || paths.kubeconfig)
    await run({ access: readAccess(file), version: started.version, out: started.out }, given)
    return 0
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error
    started.write(`${error.message}\n`)
    return 1
  }
}
