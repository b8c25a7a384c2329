import { FIREWALL } from '@drover/protocol'
import { OURS } from '../k3s/unit.ts'

/**
 * The unit that loads the kept rules at boot, before the network and k3s, and again after nftables.service has flushed
 * everything. Stopping it opens nothing.
 */
export const renderBootUnit = (nft: string): string => `${OURS}
[Unit]
Description=Firewall rules that Drover keeps (table ${FIREWALL.table})
DefaultDependencies=no
ConditionPathExists=${FIREWALL.active}
Wants=network-pre.target
Before=network-pre.target k3s.service k3s-agent.service shutdown.target
After=local-fs.target systemd-modules-load.service nftables.service
Conflicts=shutdown.target
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${nft} -j -f ${FIREWALL.active}
ExecReload=${nft} -j -f ${FIREWALL.active}
ExecStop=/bin/true

[Install]
WantedBy=sysinit.target
`
