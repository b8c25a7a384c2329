import { readFileSync } from 'node:fs'
import { createHash, randomBytes } from 'node:crypto'
import type { Site } from '../test/lab/drover/site.ts'
import type { Host } from '../test/lab/host.ts'

/** What a careful person has ready before the script starts: where the binary is and what it must hash to, and a token. */
export type Prepared = { readonly url: string; readonly sha256: string; readonly token: string }

/** One host of the script: its role in k3s, and the text of its config.yaml. */
export type Part = { readonly host: Host; readonly role: 'server' | 'agent'; readonly config: string }

/** The binary in the coordinator's cache, and a new token. */
export const prepare = ({ k3s, url }: Site): Prepared => {
  const sha256 = createHash('sha256').update(readFileSync(k3s.path)).digest('hex')
  return { url: `${url}/artifacts/sha256/${sha256}`, sha256, token: randomBytes(16).toString('hex') }
}

const unit = (role: Part['role']): string => (role === 'server' ? 'k3s' : 'k3s-agent')

/** The download, checked before it is put in its place. */
const install = ({ url, sha256 }: Prepared): string => `
if command -v curl >/dev/null; then curl -fsSk -o /usr/local/bin/k3s.new '${url}'
else wget -q --no-check-certificate -O /usr/local/bin/k3s.new '${url}'; fi
echo '${sha256}  /usr/local/bin/k3s.new' | sha256sum -c --quiet
chmod 755 /usr/local/bin/k3s.new
mv /usr/local/bin/k3s.new /usr/local/bin/k3s
for name in kubectl crictl ctr; do ln -sf k3s /usr/local/bin/$name; done
`

const configure = ({ role, config }: Part, { token }: Prepared): string => `
mkdir -p /etc/rancher/k3s
umask 077
printf '%s\\n' '${token}' > /etc/rancher/k3s/token
cat > /etc/rancher/k3s/config.yaml <<'END'
${config.trimEnd()}
END
umask 022
cat > /etc/systemd/system/${unit(role)}.service <<'END'
[Unit]
Description=Lightweight Kubernetes
Wants=network-online.target
After=network-online.target
[Service]
Type=notify
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/k3s ${role}
KillMode=process
Delegate=yes
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable -q ${unit(role)}
systemctl start --no-block ${unit(role)}
`

/** Waits, on the server, until a Node is Ready; k3s may not answer yet. */
const awaitReady = (node: string): string => `
until k3s kubectl get node '${node}' --no-headers 2>/dev/null | grep -qw Ready; do sleep 0.2; done
`

/** Takes a server that runs on SQLite to etcd: stopped, copied, started with other settings; resolves when its Node is Ready. */
export const toEtcdByHand = async (server: Part): Promise<void> => {
  await server.host.must(`
systemctl stop k3s
cp -a /var/lib/rancher/k3s/server /var/lib/rancher/k3s/server.before
cat > /etc/rancher/k3s/config.yaml <<'END'
${server.config.trimEnd()}
END
systemctl start --no-block k3s
until [ -d /var/lib/rancher/k3s/server/db/etcd/member/wal ]; do sleep 0.1; done
${awaitReady(server.host.name)}`, { timeoutMs: 600_000 })
}

/** Joins hosts to a server that runs, one after the other; resolves when all Nodes are Ready. */
export const joinByHand = async (server: Part, parts: readonly Part[], prepared: Prepared): Promise<void> => {
  for (const part of parts) {
    await part.host.must(`${install(prepared)}${configure(part, prepared)}`, { timeoutMs: 600_000 })
    await server.host.must(awaitReady(part.host.name), { timeoutMs: 600_000 })
  }
}

/** Makes a cluster as a script over ssh does, the first server first, then one host after the other; resolves when all Nodes are Ready. */
export const byHand = (parts: readonly [Part, ...Part[]], prepared: Prepared): Promise<void> => joinByHand(parts[0], parts, prepared)
