import { setTimeout as sleep } from 'node:timers/promises'
import type { AuctioneerDaemon } from '../harness/auctioneerDaemon.ts'
import { programs } from '../harness/paths.ts'
import type { TraderDaemon } from '../harness/traderDaemon.ts'
import type { Accounts } from './accounts.ts'
import type { Stage } from './stage.ts'

const BLOCK_MS = 10_000

const poolOf = ({ address, baseDir }: TraderDaemon): string =>
  `node ${programs.pool} --rpcserver=${address} --network=regtest --basedir=${baseDir}`

const ctlOf = ({ adminAddress, baseDir }: AuctioneerDaemon): string =>
  `node ${programs.auctionctl} --rpcserver=${adminAddress} --network=regtest --basedir=${baseDir}`

/** How to go on by hand while the stack is up. */
export const goOn = ({ alice, bob, auctioneer }: Stage, accounts: Accounts): readonly string[] => [
  `alias alice='${poolOf(alice)}'`,
  `alias bob='${poolOf(bob)}'`,
  `alias auctionctl='${ctlOf(auctioneer)}'`,
  'alice accounts list',
  `bob orders submit bid --amt=200000 --acct_key=${accounts.bob.key} --interest_rate_percent=0.3`,
  'auctionctl orders',
  'auctionctl auction run-now',
  'bob auction leases',
]

/** A block now and then, until the signal; so what is done by hand confirms. */
export async function keepMining(stage: Stage, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(BLOCK_MS, undefined, { signal }).catch(() => undefined)
    if (!signal.aborted) await stage.stack.mine(1)
  }
}
