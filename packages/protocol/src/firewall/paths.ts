/** What the firewall keeps on a host. */
export const FIREWALL = {
  table: 'inet drover',
  folder: '/etc/drover/firewall',
  active: '/etc/drover/firewall/active.json',
  unit: 'drover-firewall',
  unitFile: '/etc/systemd/system/drover-firewall.service',
  state: '/var/lib/drover/firewall',
  revert: '/var/lib/drover/firewall/revert.json',
  revertTimer: 'drover-firewall-revert.timer',
} as const
