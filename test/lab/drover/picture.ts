import type { Host } from '../host.ts'

/** What a host looks like, one fact a line: files with their contents, units, links, mounts, processes, packet rules. */
export type Picture = readonly string[]

/** Logs, the journal, timers' stamps, the stand-in's ledger, the copies that useradd leaves: what changes by itself or is no part of an installation. */
const LEFT_OUT = ['/var/lib/systemd', '/var/lib/k3s-double', '/var/lib/apt', '/var/lib/dpkg', '/var/lib/logrotate', '/var/lib/private', '/etc/passwd-', '/etc/shadow-', '/etc/group-', '/etc/gshadow-']

const SCRIPT = (without: readonly string[]): string => `
for top in /etc /usr/local /opt /var/lib /run/k3s /run/flannel /run/netns /root; do
  [ ! -e $top ] || find $top -xdev \\( ${without.map((path) => `-path ${path}`).join(' -o ')} \\) -prune -o -printf 'file %p %y %m %u %l\\n'
done
find /etc /usr/local /opt /var/lib -xdev \\( ${without.map((path) => `-path ${path}`).join(' -o ')} \\) -prune -o -type f -exec sha256sum {} + | sed 's/^/hash /'
systemctl list-unit-files --no-legend --no-pager | awk '{print "unit", $1, $2}'
systemctl list-units --no-legend --no-pager --plain --all --state=failed,active --type=service | awk '{print "service", $1, $3}' | grep -v systemd- || true
ls /sys/class/net | sed 's/^/link /'
ip -o address | awk '{print "address", $2, $4}'
ip route | sed 's/^/route /'
awk '{print "mount", $2, $3}' /proc/self/mounts
iptables-save 2>/dev/null | grep -E '^-A|^:.* - ' | sed 's/^/rule /' || true
ps -eo args= | grep -vE '^(ps|sh|awk|sed|grep|sort|find|\\(|/lib/systemd/systemd-)|^\\[' | sed 's/^/process /' || true
`

/** Looks at a host that is quiet; paths below `without` are left out. */
export const pictureOf = async (host: Host, { without = [] }: { readonly without?: readonly string[] } = {}): Promise<Picture> =>
  [...new Set((await host.must(SCRIPT([...LEFT_OUT, ...without]))).split('\n'))].filter((line) => line !== '').toSorted()

/** What is in one picture and not in the other, `-` for what has gone and `+` for what has come. */
export const difference = (before: Picture, after: Picture): string[] => {
  const [was, is] = [new Set(before), new Set(after)]
  return [...before.filter((line) => !is.has(line)).map((line) => `- ${line}`), ...after.filter((line) => !was.has(line)).map((line) => `+ ${line}`)]
}
