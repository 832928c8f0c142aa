import { describe, expect, it } from 'vitest'
import { ENDS, twoTraders } from './words/orderEnds.ts'
import { agreeAfter, LOSSES, RESTARTS, struck } from './words/orderRestarts.ts'

const cases = ENDS.flatMap(([state, reach]) => RESTARTS.map((after) => ({ state, who: after.who, after, reach })))

describe('both sides agree of an order', () => {
  it.each(cases)('$state, after a restart of $who', async ({ state, who, after, reach }) => {
    const { world, nonce } = await reach(`${state} ${who}`)
    expect(await agreeAfter(world, nonce, after)).toEqual({
      here: state,
      there: state === 'failed' ? 'unknown' : state,
    })
  })

  it.each(LOSSES)('whose $what is lost: $trouble', async (loss) => {
    const world = await twoTraders(`${loss.what} ${loss.trouble}`)
    const nonce = await struck(world, loss)
    expect(await agreeAfter(world, nonce)).toEqual(loss.ends)
  })
})
