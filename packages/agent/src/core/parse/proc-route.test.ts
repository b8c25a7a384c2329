import { describe, expect, it } from 'vitest'
import { parseProcRoute } from './proc-route.ts'

const TABLE = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT                                                       
eth0	00000000	0100000A	0003	0	0	100	00000000	0	0	0                                                                           
*	00000000	00000000	0001	0	0	5	00000000	0	0	0
eth9	00002B0A	00000000	0001	0	0	2031130	0000FFFF	0	0	0
`

describe('parseProcRoute', () => {
  it('reads interface, network, mask and metric, and leaves the heading out', () => {
    expect(parseProcRoute(TABLE)).toEqual([
      { iface: 'eth0', base: 0, mask: 0, metric: 100 },
      { iface: '*', base: 0, mask: 0, metric: 5 },
      { iface: 'eth9', base: 0x0a2b_0000, mask: 0xffff_0000, metric: 2_031_130 },
    ])
  })

  it.each(['', '\n', 'eth0 00000000', 'eth0\tx\t0\t0\t0\t0\t0\ty'])('finds nothing in %j', (text) => expect(parseProcRoute(text)).toEqual([]))
})
