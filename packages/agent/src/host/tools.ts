/** Programs that only read; looked up by name in {@link TOOL_FOLDERS}, run with argv only. */
export const READ_TOOLS = ['ip', 'systemctl', 'journalctl', 'iptables-save', 'ip6tables-save', 'iptables-legacy-save', 'ip6tables-legacy-save', 'nft', 'ss'] as const
/** Name of a program that only reads. */
export type ReadTool = (typeof READ_TOOLS)[number]

/** Programs that change the host. */
export const CHANGE_TOOLS = ['ip', 'systemctl', 'systemd-run', 'umount', 'iptables-restore', 'ip6tables-restore', 'nft', 'conntrack'] as const
/** Name of a program that changes the host. */
export type ChangeTool = (typeof CHANGE_TOOLS)[number]

/** Where programs are looked for, first match wins; nothing else is ever run. */
export const TOOL_FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const
