import type { Host } from '../../lab/host.ts'
import { until } from './until.ts'

/** What a k3s in the foreground said before it ended or was stopped. */
export type Trial = { readonly text: string; readonly running: boolean; readonly code: number }

async function endOf(host: Host, unit: string): Promise<{ over: boolean; code: number }> {
  const text = await host.must(`systemctl show ${unit} -p ActiveState,SubState,ExecMainStatus`)
  const over = text.includes('ActiveState=failed') || text.includes('SubState=exited')
  return { over, code: Number(/ExecMainStatus=(\d+)/.exec(text)?.[1]) }
}

/** Everything the unit has said, line by line. */
export const journalOf = async (host: Host, unit: string): Promise<string> => host.must(`journalctl --no-pager -q -o cat -u ${unit}`)

/** How long to watch a k3s in the foreground: to its end, or until it says something. */
export type Watch = { readonly words: string; readonly until: RegExp | 'its end' }

/** Runs `k3s <words>` without systemd's restarts, then kills it and everything it started. */
export async function tryK3s(host: Host, { words, until: wanted }: Watch): Promise<Trial> {
  const unit = `trial-${Date.now()}.service`
  await host.must(`systemd-run -q --unit=${unit} -p KillMode=control-group -p RemainAfterExit=yes /usr/local/bin/k3s ${words}`)
  try {
    const ended = await until(`${wanted} of k3s ${words}`, async () => {
      const said = wanted !== 'its end' && wanted.test(await journalOf(host, unit))
      const { over, code } = await endOf(host, unit)
      return over || said ? { over, code } : false
    })
    return { text: await journalOf(host, unit), running: !ended.over, code: ended.code }
  } finally {
    await host.must(`systemctl kill -s KILL ${unit} 2>/dev/null || :; systemctl stop ${unit} 2>/dev/null || :`)
  }
}

/** Sets a host back to one where k3s was never configured (the unpacked binary, the images and the node password stay: the server knows it). */
export async function cleanSlate(host: Host): Promise<void> {
  await host.must(
    [
      'systemctl stop k3s k3s-agent 2>/dev/null || :',
      'systemctl reset-failed 2>/dev/null || :',
      'rm -rf /var/lib/rancher/k3s/server /etc/rancher/k3s/config.yaml /etc/rancher/k3s/*token /etc/k3s-double.json /var/lib/k3s-double',
      'find /etc/rancher/k3s/config.yaml.d -type f ! -name 10-lab.yaml -delete 2>/dev/null || :',
      'find /var/lib/rancher/k3s/agent -maxdepth 1 -type f -delete 2>/dev/null || :',
      'rm -f /var/lib/rancher/k3s/agent/etc/*.json',
    ].join('\n'),
  )
}
