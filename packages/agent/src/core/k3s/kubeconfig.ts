const B64 = '([A-Za-z0-9+/]+=*)'

/** k3s.yaml as k3s writes it, line by line; anything else in it (credential plug-ins, insecure flags, more users) is refused. */
const SHAPE = new RegExp(
  [
    '^apiVersion: v1',
    'clusters:',
    '- cluster:',
    `    certificate-authority-data: ${B64}`,
    '    server: (https://(?:127\\.0\\.0\\.1|\\[::1\\]):\\d{1,5})',
    '  name: default',
    'contexts:',
    '- context:',
    '    cluster: default',
    '    user: default',
    '  name: default',
    'current-context: default',
    'kind: Config(?:',
    'preferences: \\{\\})?',
    'users:',
    '- name: default',
    '  user:',
    `    client-certificate-data: ${B64}`,
    `    client-key-data: ${B64}`,
    '?$',
  ].join('\n'),
)

/** What is in an admin kubeconfig: three base64 texts. */
export type AdminKubeconfig = { readonly ca: string; readonly cert: string; readonly key: string }

/** Reads k3s.yaml, or null where it is not exactly of the shape that k3s gives it. */
export const parseKubeconfig = (text: string): AdminKubeconfig | null => {
  const [, ca, , cert, key] = SHAPE.exec(text) ?? []
  return ca === undefined || cert === undefined || key === undefined ? null : { ca, cert, key }
}

/** A kubeconfig for people: the server's address for them, and one name for cluster, context and user. */
export const renderKubeconfig = (admin: AdminKubeconfig, server: string, name: string): string => `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster:
    certificate-authority-data: ${admin.ca}
    server: ${server}
users:
- name: ${name}
  user:
    client-certificate-data: ${admin.cert}
    client-key-data: ${admin.key}
contexts:
- name: ${name}
  context:
    cluster: ${name}
    user: ${name}
current-context: ${name}
`
