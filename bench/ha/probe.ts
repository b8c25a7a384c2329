/**
 * A program: asks a Kubernetes API every 100 ms and prints the time (ms since 1970) of each answer that was right. Each
 * question is put whether or not the one before was answered, so that one which hangs hides nothing.
 * usage: probe.ts URL KUBECONFIG read|write
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'

const EVERY = 100
const PATIENCE = 5000

const [url = '', kubeconfig = '', mode = 'read'] = process.argv.slice(2)
const text = readFileSync(kubeconfig, 'utf8')
const pem = (key: string): Buffer => Buffer.from(new RegExp(`${key}: (\\S+)`).exec(text)?.[1] ?? '', 'base64')
// A connection of its own for each question: what hangs on a dead one is no answer of the cluster's.
const agent = new Agent({ keepAlive: false, rejectUnauthorized: false, cert: pem('client-certificate-data'), key: pem('client-key-data') })

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'

const ask = (): void => {
  const [method, path] = mode === 'write' ? ['POST', CONFIG_MAPS] : ['GET', '/api/v1/namespaces/default']
  const question = request(`${url}${path}`, { agent, method, timeout: PATIENCE, headers: { 'content-type': 'application/json' } }, (answer) => {
    answer.resume()
    answer.on('end', () => {
      const { statusCode = 0 } = answer
      if (statusCode >= 200 && statusCode < 300) process.stdout.write(`${String(Date.now())}\n`)
    })
  })
  question.on('timeout', () => question.destroy())
  question.on('error', () => undefined) // no answer is what is counted
  question.end(mode === 'write' ? JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `probe-${randomUUID()}` } }) : undefined)
}

setInterval(ask, EVERY)
