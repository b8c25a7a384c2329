import { describe, expect, it } from 'vitest'
import { parseKubeconfig, renderKubeconfig } from './kubeconfig.ts'

/** As k3s v1.36 writes it. */
const TEXT = `apiVersion: v1
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

describe('parseKubeconfig', () => {
  it('reads what k3s writes, also in the form of older releases', () => {
    expect(parseKubeconfig(TEXT)).toEqual({ ca: 'Y2E=', cert: 'Y2VydA==', key: 'a2V5' })
    expect(parseKubeconfig(TEXT.replace('kind: Config\n', 'kind: Config\npreferences: {}\n'))).not.toBeNull()
  })

  it.each([
    ['an exec plug-in', TEXT.replace('    client-key-data: a2V5\n', '    client-key-data: a2V5\n    exec:\n      command: /bin/sh\n')],
    ['insecure-skip-tls-verify', TEXT.replace('    server:', '    insecure-skip-tls-verify: true\n    server:')],
    ['a server on another host', TEXT.replace('127.0.0.1', '10.6.6.6')],
    ['plain http', TEXT.replace('https:', 'http:')],
    ['a key file instead of the key', TEXT.replace('client-key-data: a2V5', 'client-key: /etc/shadow')],
    ['a second document', `${TEXT}---\n${TEXT}`],
    ['a second user', `${TEXT}- name: other\n  user:\n    token: x\n`],
    ['carriage returns', TEXT.replaceAll('\n', '\r\n')],
    ['nothing', ''],
    ['half of it', TEXT.slice(0, 200)],
  ])('refuses %s', (_name, text) => {
    expect(parseKubeconfig(text)).toBeNull()
  })
})

describe('renderKubeconfig', () => {
  it('names one cluster, and its address for people', () => {
    const text = renderKubeconfig({ ca: 'Y2E=', cert: 'Y2VydA==', key: 'a2V5' }, 'https://10.0.0.11:6443', 'home')
    expect(text).toContain('    server: https://10.0.0.11:6443\n')
    expect(text).toContain('current-context: home\n')
    expect(text).not.toContain('127.0.0.1')
  })
})
