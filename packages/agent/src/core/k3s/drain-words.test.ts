import { describe, expect, it } from 'vitest'
import { budgetsOf, readDrain } from './drain-words.ts'

const HELD = 'error when evicting pods/"web-1" -n "shop" (will retry after 5s): Cannot evict pod as it would violate the pod\'s disruption budget.\n'
const ALONE = 'error: unable to drain node "two" due to error: cannot delete cannot delete Pods that declare no controller (use --force to override): shop/bare, shop/other, continuing command...\n'

describe('what kubectl drain says', () => {
  it('names pods that a budget holds, each once', () => {
    expect(readDrain(`node/two cordoned\n${HELD}${HELD}evicting pod shop/web-2\n`)).toEqual({ held: ['shop/web-1'], alone: [] })
  })

  it('names pods that nothing would start elsewhere', () => {
    expect(readDrain(ALONE)).toEqual({ held: [], alone: ['shop/bare', 'shop/other'] })
  })

  it('says nothing of a time-out', () => {
    expect(readDrain('error: unable to drain node "two" due to error: global timeout reached: 15s\n')).toEqual({ held: [], alone: [] })
  })
})

it('budgets without room are those of the pods\' namespaces', () => {
  expect(budgetsOf('shop/web 0\nshop/roomy 1\nother/web 0\n\n', ['shop/web-1'])).toEqual(['shop/web'])
})
