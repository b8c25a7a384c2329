import { parse } from 'yaml'
import { type Access, type Answered, type Ask, messageOf, send } from '../agent/client.ts'
import { isJson, part, partList } from '../api/kube-object.ts'
import { readText } from '../files.ts'

/** A kubectl failure: printed as it is on standard error, exit code 1. */
export class KubectlError extends Error {
  override readonly name = 'KubectlError'
}

const decoded = (value: unknown): string => (typeof value === 'string' ? Buffer.from(value, 'base64').toString() : '')

/** Reads an administrator's kubeconfig of k3s's shape: one cluster, one user with a client certificate. */
export function readAccess(file: string): Access {
  const text = readText(file)
  if (text === undefined) throw new KubectlError('The connection to the server localhost:8080 was refused - did you specify the right host or port?')
  const document: unknown = parse(text)
  if (!isJson(document)) throw new KubectlError(`error: error loading config file "${file}": not a kubeconfig`)
  const [cluster] = partList(document, 'clusters')
  const [user] = partList(document, 'users')
  const at = part(cluster, 'cluster')
  const who = part(user, 'user')
  return {
    url: String(at['server']),
    ca: decoded(at['certificate-authority-data']),
    certificate: { cert: decoded(who['client-certificate-data']), key: decoded(who['client-key-data']) },
  }
}

/** Sends a request, and turns what went wrong into kubectl's words. */
export async function ask(access: Access, what: Ask, about: string): Promise<Answered> {
  const answer = await send(access, what).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error)
    if (!text.includes('connection refused')) throw new KubectlError(`Unable to connect to the server: ${text.replace(/^.*?": /, '')}`)
    const { host } = new URL(access.url)
    throw new KubectlError(`The connection to the server ${host} was refused - did you specify the right host or port?`)
  })
  if (answer.status < 400) return answer
  throw new KubectlError(refusal(answer, about))
}

function refusal(answer: Answered, about: string): string {
  if (answer.status === 401) return 'error: You must be logged in to the server (Unauthorized)'
  if (answer.status === 503) return `Error from server (ServiceUnavailable): the server is currently unable to handle the request (${about})`
  const reason = /"reason":\s*"(\w+)"/.exec(answer.body)?.[1] ?? 'InternalError'
  return `Error from server (${reason}): ${messageOf(answer).replaceAll('\\"', '"')}`
}
