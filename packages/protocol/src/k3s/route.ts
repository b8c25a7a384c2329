/**
 * The default route that Drover makes where a host has none. 203.0.113.0/24 is reserved for documentation (RFC 5737), so
 * nothing real is hidden by it. The metric (the digits of 203.0.113.0) comes after every default route that a network
 * manager sets, so a real one wins at once; and by it the routes are known as ours.
 */
export const ROUTE = {
  link: 'drover-route',
  unit: 'drover-route',
  unitFile: '/etc/systemd/system/drover-route.service',
  address: '203.0.113.254/31',
  gateway: '203.0.113.255',
  metric: 2_031_130,
} as const
