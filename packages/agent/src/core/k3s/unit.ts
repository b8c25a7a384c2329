import { DROVER, K3S, type Role, unitOf } from '@drover/protocol'

/** First line of every file that Drover writes in k3s's shape: by it the file is known as ours. */
export const OURS = '# Written by Drover; changes here are overwritten.'

/** True for the text of a unit file or script that Drover wrote. */
export const unitIsOurs = (text: string): boolean => text.includes(OURS)

/**
 * The unit of a role, with the settings that k3s's own installer gives it. Settings live in config.yaml, so the command
 * has no flags. The mark made after the first READY tells for ever that this host once was a working member.
 */
export const renderUnit = (role: Role): string => `${OURS}
[Unit]
Description=Lightweight Kubernetes, ${role} (k3s)
Documentation=https://docs.k3s.io
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
User=root
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-/etc/systemd/system/${unitOf(role)}.service.env
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=${K3S.binary} ${role}
ExecStartPost=/usr/bin/touch ${DROVER.wasActive}
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
`
