import { expect, test } from 'vitest'
import { optimum, optimumLoweringNobody, type Goal } from '../../test/optimum.ts'
import { bookOfKind, TEN_KINDS, type BookKind } from '../../test/tenKinds.ts'
import { surplusOf, volumeOf } from './clearingPrice.ts'
import { matchMake } from './matchMaker.ts'
import type { Match } from './types.ts'

/** More of it: `TIDEPOOL_QUALITY_BOOKS=12 TIDEPOOL_QUALITY_SIDE=14`. With 25 a side wide minimums fall short. */
const BOOKS = Number(process.env['TIDEPOOL_QUALITY_BOOKS'] ?? 4)
const SIDE = Number(process.env['TIDEPOOL_QUALITY_SIDE'] ?? 9)
const REPORT = process.env['TIDEPOOL_QUALITY_BOOKS'] !== undefined

interface Sums {
  best: number
  /** The most without lowering anyone at the price. */
  lowersNobody: number
  plain: number
  improved: number
}
const share = (reached: number, best: number): number => (best === 0 ? 1 : reached / best)

async function measure(kind: BookKind, goal: Goal): Promise<Sums> {
  const sums: Sums = { best: 0, lowersNobody: 0, plain: 0, improved: 0 }
  const reached = (matches: readonly Match[]) => Number(goal === 'volume' ? volumeOf(matches) : surplusOf(matches))
  for (let seed = 0; seed < BOOKS; seed++) {
    const { book, context } = bookOfKind(kind, seed, SIDE)
    const plain = matchMake(book, { ...context, rules: { ...context.rules, improve: false } })
    const improved = matchMake(book, context)
    expect(reached(improved.matches)).toBeGreaterThanOrEqual(reached(plain.matches))
    sums.best += await optimum({ book, context }, goal)
    sums.lowersNobody +=
      plain.matches.length === 0 ? 0 : await optimumLoweringNobody({ book, context }, goal, plain.matches)
    sums.plain += reached(plain.matches)
    sums.improved += reached(improved.matches)
  }
  return sums
}

test.each(['volume', 'surplus'] as const)(
  'ten kinds of books reach 0.97 of the exact optimum over the whole, each 0.97 of what lowers nobody: %s',
  async (goal) => {
    const shares = { plain: 0, improved: 0 }
    for (const kind of TEN_KINDS) {
      const { best, lowersNobody, plain, improved } = await measure(kind, goal)
      shares.plain += share(plain, best) / TEN_KINDS.length
      shares.improved += share(improved, best) / TEN_KINDS.length
      expect(share(improved, lowersNobody), kind).toBeGreaterThanOrEqual(0.97)
      if (REPORT)
        console.log(
          `${goal} ${kind}: plain ${share(plain, best).toFixed(4)}, improved ${share(improved, best).toFixed(4)}, of what lowers nobody ${share(improved, lowersNobody).toFixed(4)}`,
        )
    }
    if (REPORT) console.log(goal, shares)
    expect(shares.improved).toBeGreaterThanOrEqual(0.97)
    expect(shares.improved).toBeGreaterThanOrEqual(shares.plain)
  },
  3_600_000,
)
