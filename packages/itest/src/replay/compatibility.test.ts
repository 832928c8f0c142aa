import { expect, it } from 'vitest'
import { AUCTIONEER_DIFFERENCES, PROBE_DIFFERENCES } from './auctioneer/auctioneerDifferences.ts'
import { AUCTIONEER_STAND_INS } from './auctioneer/auctioneerStandIns.ts'
import { MEANT, NOT_COMPARED } from '../interop/everyCommand/differencesTable.ts'
import { TRADER_DIFFERENCES } from './trader/traderDifferences.ts'
import { TRADER_STAND_INS } from './trader/traderStandIns.ts'

const ABOUT = `# Compatibility with the stock daemon

Written by \`packages/itest/src/replay/compatibility.test.ts\` from the data its neighbours check; do not edit.

Conversations of the stock trader daemon (lightninglabs/pool v0.6.6-beta with lnd v0.20.1-beta) with a scripted auctioneer were
recorded, keys included: start and queries, opening, orders, account changes, expiry (files 01 to 09), eleven batches of all
account versions, channel types and both markets (20 to 26), restarts in every state of an account (32), recoveries with every
state and every broken answer (33). The recorded traders are played against our auctioneer, message by message, and the recorded
auctioneer against our trader and its command line. Every value is compared, in both directions. Our auctioneer seals the
recorded batches to the same transactions, byte for byte; our trader accepts them, and what it asks its lnd to sign is what the
stock trader signed. Changes of accounts are the recorded transactions on either side. What differs stands below; any other
difference fails the test, and so does a line that nothing needs any more.
[Traps](traps.md) lists the answers that would end, crash or deafen a stock daemon, and what keeps ours from giving them.`

const LIVE = `## Command by command

The stock command line also runs every command with every flag against the stock daemon and ours at the same time, each beside an
lnd of its own, and every REST route is called on both (\`packages/itest/src/interop/everyCommand.test.ts\`): exit code, texts, JSON
and values must be equal. Our \`pool\` asks the stock daemon whatever only asks, and must exit and print the same. Keys, txids, times and the places of outputs are each daemon's own. What differs besides what stands above:`

const MACAROONS = `## Macaroons of a stock daemon

A macaroon is good with the root key it was made with. While a stock daemon's \`macaroons.db\` lies in its folder, ours takes what
was made with the key in there as well as its own: copies in scripts and those narrowed with caveats mean what they meant
(\`packages/itest/src/interop/stockMacaroons.test.ts\` asks both daemons the same with each). The file is read, never locked or
written; that needs lnd, so until lnd is unlocked and in reach such a macaroon is answered with UNAUTHENTICATED and the advice to
wait. Move the file away and restart, and they are good no more.

\`pool.macaroon\` itself is replaced by one of the daemon that starts, if it is not from its own key: ours works before lnd is there.
What ours has made a stock daemon refuses. Permissions, caveats and format are the stock ones. Only the key \`0\` counts, which is
the only one that the stock daemon uses.`

it('docs/compatibility.md tells what the replays know', async () => {
  const page = [
    ABOUT,
    '## Where our auctioneer answers otherwise than the recorded one',
    table('what', [...new Set([...AUCTIONEER_DIFFERENCES, ...PROBE_DIFFERENCES])]),
    '## Where our trader does otherwise than the stock one',
    table('what', TRADER_DIFFERENCES),
    '## What a replay takes from the recording',
    "Our auctioneer's side:",
    table('what', AUCTIONEER_STAND_INS),
    "Our trader's side:",
    table('what', TRADER_STAND_INS),
    LIVE,
    table(
      'what',
      MEANT.filter(({ elsewhere }) => elsewhere !== true),
    ),
    'Not compared:',
    table('what', NOT_COMPARED),
    MACAROONS,
  ]
  await expect(`${page.join('\n\n')}\n`).toMatchFileSnapshot('../../../../docs/compatibility.md')
})

function table(title: string, rows: readonly { readonly where: string; readonly reason: string }[]): string {
  const lines = rows.map(({ where, reason }) => `| ${where} | ${reason} |`)
  return [`| ${title} | why |`, '| --- | --- |', ...lines].join('\n')
}
