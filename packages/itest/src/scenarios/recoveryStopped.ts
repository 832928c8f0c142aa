import { join } from 'node:path'
import { expect } from 'vitest'
import { programs } from '../harness/paths.ts'
import { ManagedProcess } from '../harness/process.ts'
import { fundAccounts } from './words/accounts.ts'
import type { Market } from './words/market.ts'
import { rememberAll } from './words/recovery.ts'

/** The generator's point: nobody's auctioneer, so that the search finds nothing and takes long. */
const NOBODY = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const PROGRESS =
  /searching \(.+\): 0 accounts found, (\d+) outputs not explained, (\d+) scripts left, at most (.+) left/

/** A long search says how much is left and for how long; Ctrl-C ends it, and the same command goes on where it was. */
export async function stoppedAndResumed(market: Market): Promise<void> {
  const trader = await market.trader('alice')
  await fundAccounts(market, { trader, value: 500_000n, version: 2 }, { trader, value: 500_000n, version: 0 })
  const before = await rememberAll(trader)
  const search = new ManagedProcess({
    name: 'pool accounts recover',
    command: process.execPath,
    args: [
      programs.pool,
      ...[`--rpcserver=${trader.address}`, '--network=regtest', `--basedir=${trader.baseDir}`],
      ...['accounts', 'recover', '--full_client', `--auctioneer_key=${NOBODY}`, '--height_hint=1', '--batches=4000'],
    ],
    logFile: join(market.stack.logDir, 'recover.log'),
  })
  const total = await searched(search)
  // The daemon itself may go away too.
  await trader.stop()
  await trader.start()
  const left = await searched(search)
  expect(left).toBeLessThan(total)
  const restarted = await searched(search, '--restart')
  expect(restarted).toBe(total)
  expect(await rememberAll(trader)).toEqual(before)
}

/** Scripts left where a run begins; it is interrupted at its second report. */
async function searched(search: ManagedProcess, ...flags: readonly string[]): Promise<bigint> {
  search.start(flags)
  const [, outputs, left = '', time] = PROGRESS.exec(await search.waitForLine(PROGRESS)) ?? []
  expect(Number(outputs)).toBeGreaterThan(0)
  expect(time).toMatch(/^\d+ (s|min|h|days)$/)
  await search.waitForLine(new RegExp(`searching .* (?!${left} )\\d+ scripts left`))
  if (search.pid !== undefined) process.kill(search.pid, 'SIGINT')
  await search.ended()
  expect(search.log().at(-1)).toBe('stopped; the same command goes on from here')
  return BigInt(left)
}
