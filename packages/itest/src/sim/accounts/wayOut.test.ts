import { describe, expect, it } from 'vitest'
import { Tally } from '../kernel/tally.ts'
import { findWayOut } from './wayOut.ts'

const SEEDS = 60

describe('from any state an account can be in, its owner reaches its coins by commands alone', () => {
  it.each(['with', 'without'] as const)('%s the auctioneer', { timeout: 120_000 }, async (company) => {
    const tally = new Tally()
    const failed: string[] = []
    for (let number = 0; number < SEEDS; number++) {
      try {
        await findWayOut(number, company, tally)
      } catch (error) {
        failed.push(`${number}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    tally.print(`accounts, ways out ${company} the auctioneer`)
    expect(failed).toEqual([])
    expect(tally.of(`${company} the auctioneer, commands`, 'close done')).toBeGreaterThan(SEEDS / 2)
  })
})
