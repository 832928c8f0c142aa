import type { lnrpc } from '@tidepool/rpc'
import { until } from '../harness/until.ts'
import type { LeasesAnswer } from '../scenarios/words/answers.ts'
import type { Accounts } from './accounts.ts'
import type { Deal } from './auction.ts'
import { CONFIRMATIONS, type Stage } from './stage.ts'
import { grouped, sat, type Voice } from './voice.ts'

export interface LeasedChannel {
  readonly point: string
  readonly capacity: bigint
  readonly commitmentType: string
  /** Before this height Alice cannot get her coins back. */
  readonly maturity: number
  readonly confirmedAt: number
  /** As the two nodes report it. */
  readonly active: { readonly alice: boolean; readonly bob: boolean }
}

export async function confirmChannel(
  voice: Voice,
  stage: Stage,
  accounts: Accounts,
  deal: Deal,
): Promise<LeasedChannel> {
  const { batch, match } = deal
  voice.chapter('The channel')
  await stage.stack.mine(CONFIRMATIONS)
  const point = `${batch.txid}:${match.output_index}`
  const [alices, bobs] = await Promise.all([activeOn(stage, 'alice', point), activeOn(stage, 'bob', point)])
  const confirmedAt = await untilConfirmed(stage)
  const channel: LeasedChannel = {
    point,
    capacity: alices.capacity,
    commitmentType: alices.commitmentType,
    maturity: alices.thawHeight,
    confirmedAt,
    active: { alice: alices.active, bob: bobs.active },
  }
  voice.say('The transaction is in a block, and the channel is active on both nodes:')
  voice.table([
    ['channel', point],
    ['capacity', sat(channel.capacity)],
    ["on Alice's side", sat(alices.localBalance)],
    ['confirmed at', `height ${grouped(confirmedAt)}`],
    ['matures at', `height ${grouped(channel.maturity)}`],
    ['type', 'script-enforced lease'],
  ])
  voice.say(
    `Until height ${grouped(channel.maturity)} its own commitment transaction keeps Alice from taking the coins out, whatever she ` +
      'does. Both see the lease in their lists:',
  )
  for (const account of [accounts.alice, accounts.bob]) {
    voice.command(account.owner, 'pool auction leases')
    const { leases } = (await account.trader.pool('auction', 'leases')) as LeasesAnswer
    voice.table(leases.map((lease) => leaseRow(lease.purchased, lease.channel_amt_sat, lease.premium_sat)))
  }
  return channel
}

const leaseRow = (purchased: boolean, amount: number, premium: number): readonly string[] => [
  purchased ? 'leased in' : 'leased out',
  sat(amount),
  purchased ? 'paid' : 'earned',
  sat(premium),
]

function activeOn(stage: Stage, name: 'alice' | 'bob', point: string): Promise<lnrpc.Channel> {
  return until(`the channel is active on ${name}'s node`, async () => {
    const { channels } = await stage.stack.nodes[name].rpc.lightning.listChannels({})
    const channel = channels.find((one) => one.channelPoint === point)
    return channel?.active === true ? channel : undefined
  })
}

function untilConfirmed(stage: Stage): Promise<number> {
  return until('the auctioneer sees the batch confirmed', async () => {
    const { batches } = await stage.auctioneer.admin.listBatches({})
    const height = batches[0]?.confirmedHeight ?? 0
    return height > 0 ? height : undefined
  })
}
