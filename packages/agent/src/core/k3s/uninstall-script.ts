import { DROVER, K3S, type Role, uninstallOf, unitOf } from '@drover/protocol'
import { OURS } from './unit.ts'

/**
 * Text of k3s-uninstall.sh or k3s-agent-uninstall.sh, for people who want k3s gone without Drover. POSIX sh; keeps
 * /etc/rancher/node/password as k3s's own installer does, and files that Drover did not write.
 */
export const renderUninstall = (role: Role): string => `#!/bin/sh
${OURS}
# Takes the k3s ${role} off this host, with its data. Your own files below /etc/rancher/k3s stay.
set -u
[ "$(id -u)" -eq 0 ] || { echo "$(basename "$0"): must run as root" >&2; exit 1; }
DATA=\${K3S_DATA_DIR:-${K3S.data}}
UNIT=${unitOf(role)}

if [ -x ${K3S.killall} ]; then ${K3S.killall}; fi
systemctl disable "$UNIT" 2>/dev/null
rm -f "/etc/systemd/system/$UNIT.service" "/etc/systemd/system/$UNIT.service.env"
systemctl daemon-reload
systemctl reset-failed "$UNIT" 2>/dev/null

for other in /etc/systemd/system/k3s*.service; do
    if [ -e "$other" ]; then echo "$other is still there: the rest stays" >&2; exit 0; fi
done

for link in kubectl crictl ctr; do
    if [ "$(readlink "/usr/local/bin/$link")" = k3s ]; then rm -f "/usr/local/bin/$link"; fi
done

if awk -v at="$DATA" '{ if (index($2, at "/") == 1) found = 1 } END { exit !found }' /proc/self/mounts; then
    echo "something is mounted below $DATA: its data stays" >&2
else
    rm -rf "\${DATA:?}"
fi
rm -f ${K3S.dropIn} ${K3S.serverToken} ${K3S.agentToken} ${K3S.kubeconfig}
rmdir ${K3S.dropIns} /etc/rancher/k3s 2>/dev/null
rm -rf /run/k3s /run/flannel /var/lib/kubelet
if [ -e ${DROVER.sysctlBefore} ]; then
    tr -d '{} "' <${DROVER.sysctlBefore} | tr , '\\n' | while IFS=: read -r name value; do
        if [ -n "$name" ]; then echo "$value" >"/proc/sys/$(echo "$name" | tr . /)"; fi
    done
fi
rm -f ${DROVER.sysctlFile} ${DROVER.sysctlBefore}
rm -f ${K3S.binary} ${K3S.killall} ${uninstallOf(role)}
`
