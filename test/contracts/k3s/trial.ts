import type { Host } from '../../lab/host.ts'
import { until } from './until.ts'

/** What a k3s in the foreground said before it ended or was stopped. */
export type Trial = { readonly text: string; readonly running: boolean; readonly code: number }

const show = async (host: Host, unit: string): Promise<Map<string, string>> => {
  const text = await host.must(`systemctl show ${unit} -p ActiveState,ExecMainStatus,Result`)
  return new Map(text.trim().split('\n').map((line) => [line.split('=')[0] ?? '', line.split('=')[1] ?? '']))
}

/** Everything the unit has said, line by line. */
export const journalOf = async (host: Host, unit: string): Promise<string> => host.must(`journalctl --no-pager -q -o cat -u ${unit}`)

/** How long to watch a k3s in the foreground: to its end, or until it says something. */
export type Watch = { readonly words: string; readonly until: RegExp | 'its end' }

/** Runs `k3s <words>` without systemd's restarts, then kills it and everything it started. */
export async function tryK3s(host: Host, { words, until: wanted }: Watch): Promise<Trial> {
  const unit = `trial-${Date.now()}.service`
  await host.must(`systemd-run -q --unit=${unit} -p KillMode=control-group -p RemainAfterExit=yes /usr/local/bin/k3s ${words}`)
  const ended = await until(`${wanted} of k3s ${words}`, async () => {
    const state = await show(host, unit)
    const over = state.get('ActiveState') === 'failed' || (state.get('ActiveState') === 'active' && (await host.must(`systemctl show ${unit} -p SubState`)).includes('exited'))
    const said = wanted !== 'its end' && wanted.test(await journalOf(host, unit))
    return over || said ? { over, code: Number(state.get('ExecMainStatus')) } : false
  })
  await host.must(`systemctl kill -s KILL ${unit} 2>/dev/null || :; systemctl stop ${unit} 2>/dev/null || :; journalctl --flush 2>/dev/null || :`)
  return { text: await journalOf(host, unit), running: !ended.over, code: ended.code }
}

/** Sets a host back to one where k3s was never configured (the unpacked binary and the images stay). */
export async function cleanSlate(host: Host): Promise<void> {
  await host.must(
    [
      'systemctl stop k3s k3s-agent 2>/dev/null || :',
      'systemctl reset-failed 2>/dev/null || :',
      'rm -rf /var/lib/rancher/k3s/server /etc/rancher/k3s/config.yaml /etc/rancher/k3s/*token /etc/rancher/node /etc/k3s-double.json /var/lib/k3s-double',
      'find /etc/rancher/k3s/config.yaml.d -type f ! -name 10-lab.yaml -delete 2>/dev/null || :',
      'find /var/lib/rancher/k3s/agent -maxdepth 1 -type f -delete 2>/dev/null || :',
      'rm -f /var/lib/rancher/k3s/agent/etc/*.json',
    ].join('\n'),
  )
}
