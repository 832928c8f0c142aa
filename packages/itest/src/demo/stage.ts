import { startAuctioneer, type AuctioneerDaemon } from '../harness/auctioneerDaemon.ts'
import { startSimnetStack, type Simnet } from '../harness/simnetStack.ts'
import { startTrader, type TraderDaemon } from '../harness/traderDaemon.ts'
import { until } from '../harness/until.ts'
import type { StatusAnswer } from '../scenarios/words/answers.ts'
import { sat, type Voice } from './voice.ts'

export type Actor = 'auctioneer' | 'alice' | 'bob'

/** Everything the play needs: chain, nodes, auctioneer, two traders. */
export interface Stage {
  readonly stack: Simnet<Actor>
  readonly auctioneer: AuctioneerDaemon
  readonly alice: TraderDaemon
  readonly bob: TraderDaemon
}

const MASTER_SAT = 1_000_000
const FUNDING = 100_000_000n
export const CONFIRMATIONS = 6

/** What has been started so far, so that an interruption at any moment can end it. */
export class Curtain {
  /** Where the programs of the play write, once there is such a place. */
  folder: string | undefined
  readonly #open: (() => Promise<void>)[] = []

  opened<T>(thing: T, close: (thing: T) => Promise<void>): T {
    this.#open.push(() => close(thing))
    return thing
  }

  /** Ends everything, last first. */
  async fall(): Promise<void> {
    for (let close = this.#open.pop(); close !== undefined; close = this.#open.pop()) await close()
  }
}

export async function setStage(voice: Voice, curtain: Curtain): Promise<Stage> {
  voice.chapter('The stage')
  voice.say(
    'A simulated Bitcoin chain with three simulated Lightning nodes: one for the auctioneer, one for Alice, one for Bob. ' +
      'Beside the first runs auctioneerd, beside each of the others a poold. They are separate processes, and they talk ' +
      'over gRPC with TLS exactly as they would on real nodes.',
  )
  const nodes = ['auctioneer', 'alice', 'bob'] as const
  const stack = curtain.opened(await startSimnetStack({ nodes, funding: FUNDING }), (it) => it.close())
  curtain.folder = stack.dir
  const place = { dir: stack.dir, logDir: stack.logDir }
  const auctioneer = curtain.opened(
    await startAuctioneer({ ...place, lnd: stack.nodes.auctioneer.endpoint, flags: ['--auction.interval=0'] }),
    (it) => it.stop(),
  )
  const trader = async (name: 'alice' | 'bob'): Promise<TraderDaemon> =>
    curtain.opened(await startTrader({ ...place, name, lnd: stack.nodes[name].endpoint, auctioneer }), (it) =>
      it.stop(),
    )
  const [alice, bob] = await Promise.all([trader('alice'), trader('bob'), fundAuctioneer(voice, stack, auctioneer)])
  voice.table([
    ['auctioneerd', auctioneer.address],
    ["Alice's poold", alice.address],
    ["Bob's poold", bob.address],
  ])
  return { stack, auctioneer, alice, bob }
}

async function fundAuctioneer(voice: Voice, stack: Simnet<Actor>, auctioneer: AuctioneerDaemon): Promise<void> {
  await auctioneer.ctl('init', `--amt=${MASTER_SAT}`)
  voice.say(`The auctioneer puts ${sat(MASTER_SAT)} of its own into an account that every batch will pass through.`)
  voice.command('auctioneer', `auctionctl init --amt=${MASTER_SAT}`)
  await stack.mine(CONFIRMATIONS)
  await until("the auctioneer's account is confirmed", async () => {
    const status = (await auctioneer.ctl('status')) as StatusAnswer
    return status.master_account?.confirmed
  })
}
