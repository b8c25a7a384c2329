import { OURS } from './unit.ts'

/**
 * Text of k3s-killall.sh: stops the units, ends what containers are left, unmounts and takes links and packet rules away.
 * POSIX sh; does what the script of k3s's own installer does, in its own words. Data and settings stay.
 */
export const renderKillall = (): string => `#!/bin/sh
${OURS}
# Stops k3s on this host and ends everything that it started. Data and settings stay.
set -u
[ "$(id -u)" -eq 0 ] || { echo "k3s-killall.sh: must run as root" >&2; exit 1; }
DATA=\${K3S_DATA_DIR:-/var/lib/rancher/k3s}

for unit in /etc/systemd/system/k3s*.service; do
    if [ -e "$unit" ]; then systemctl stop "$(basename "$unit")"; fi
done

# The pids of all containerd shims of k3s, and of all processes below them.
trees() {
    ps -e -o pid= -o ppid= -o args= | awk -v start="$DATA/data/" '
        { parent[$1] = $2; if (index($3, start) == 1 && $3 ~ /containerd-shim/) kill[$1] = 1 }
        END {
            do { more = 0
                for (pid in parent) if (!(pid in kill) && (parent[pid] in kill)) { kill[pid] = 1; more = 1 }
            } while (more)
            for (pid in kill) print pid
        }'
}
trees | while read -r pid; do kill -9 "$pid" 2>/dev/null; done

# Unmounts everything at or below a path, the deepest first; with "remove", takes the emptied folders away.
release() {
    awk -v at="$1" '{ if ($2 == at || index($2, at "/") == 1) print $2 }' /proc/self/mounts | sort -r |
        while read -r point; do umount -f "$point" 2>/dev/null || umount -l "$point"; done
}
for path in /run/k3s /var/lib/kubelet/pods /var/lib/kubelet/plugins; do release "$path"; done
for space in /run/netns/cni-*; do
    if [ -e "$space" ]; then release "$space"; ip netns delete "$(basename "$space")" 2>/dev/null; fi
done

for link in cni0 flannel.1 flannel-v6.1 kube-ipvs0 flannel-wg flannel-wg-v6; do
    if ip link show "$link" >/dev/null 2>&1; then ip link delete "$link"; fi
done
rm -rf /var/lib/cni/

for family in iptables ip6tables; do
    if command -v "$family-save" >/dev/null 2>&1 && "$family-save" 2>/dev/null | grep -qE 'KUBE-|CNI-|[Ff][Ll][Aa][Nn][Nn][Ee][Ll]'; then
        "$family-save" | grep -vE 'KUBE-|CNI-|[Ff][Ll][Aa][Nn][Nn][Ee][Ll]' | "$family-restore"
    fi
done
`
