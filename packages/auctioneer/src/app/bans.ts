import { blockHeight } from '@tidepool/crypto'
import type { BlockHeight, PubKey } from '@tidepool/crypto'
import { OrderError } from '@tidepool/market'
import type { Order } from '@tidepool/market'
import { isInForce, lastsUntil } from '../core/ban.ts'
import type { Ban } from '../core/ban.ts'
import { AuctioneerError } from '../core/errors.ts'
import type { OpenInterest } from '../core/openInterest.ts'
import type { ChainWatcher } from '../ports/chain.ts'
import type { Logger } from '../ports/system.ts'
import type { Ledger } from './ledger.ts'
import type { ProposalGuard } from './proposalGuard.ts'

export interface BanView {
  readonly ban: Ban
  readonly openOrders: number
}

interface Modules {
  readonly ledger: Ledger
  readonly interest: OpenInterest
  readonly chain: ChainWatcher
  readonly guard: ProposalGuard
  readonly logger: Logger
}

const MAX_REASON = 255

/**
 * Accounts and nodes the operator keeps out of auctions. Their open orders rest with that reason and are there again
 * afterwards; new ones are refused. A batch that is being signed goes on; a proposal before that is void.
 */
export class BanService {
  readonly #modules: Modules

  constructor(modules: Modules) {
    this.#modules = modules
  }

  /** Of those now in force. */
  get keys(): ReadonlySet<PubKey> {
    return new Set(this.#inForce().map(({ key }) => key))
  }

  list(): readonly BanView[] {
    return this.#inForce()
      .map((ban) => ({ ban, openOrders: this.#modules.interest.ordersWith(ban.key) }))
      .toSorted((a, b) => (a.ban.key < b.ban.key ? -1 : 1))
  }

  /** Of an order's account or node. @throws OrderError ORDER_BANNED */
  check({ accountKey, nodeKey }: Order): void {
    const { ledger, chain } = this.#modules
    const height = chain.bestHeight()
    const found = [ledger.bans.get(accountKey), ledger.bans.get(nodeKey)]
    const ban = found.find((one) => one !== undefined && isInForce(one, height))
    if (ban === undefined) return
    const what = ban.key === accountKey ? 'account' : 'node'
    const why = ban.reason === '' ? '' : `: ${ban.reason}`
    throw new OrderError(
      { code: 'ORDER_BANNED', what, until: ban.until },
      `the ${what} is banned ${lastsUntil(ban)}${why}`,
    )
  }

  /** In place of one there is; without a number of blocks it has no end. */
  async set(key: PubKey, blocks: number | undefined, reason: string): Promise<void> {
    const { ledger, chain, guard, logger } = this.#modules
    const until = blocks === undefined ? undefined : blockHeight(chain.bestHeight() + blocks)
    const ban: Ban = { key, until, reason: reason.slice(0, MAX_REASON) }
    await ledger.exclusively(async () => {
      await ledger.commit([{ kind: 'ban', ban }])
      const nonces = ledger.openOrders.where((order) => order.accountKey === key || order.nodeKey === key)
      guard.bookChanged(
        'banned',
        nonces.filter((nonce) => !guard.isBeingSigned(nonce)),
      )
    })
    logger.info('banned', { key, until, reason })
  }

  /** @throws AuctioneerError BAN_NOT_FOUND */
  async lift(key: PubKey): Promise<void> {
    const { ledger, logger } = this.#modules
    await ledger.exclusively(async () => {
      if (!this.keys.has(key)) throw new AuctioneerError({ code: 'BAN_NOT_FOUND', key }, 'no such ban is in force')
      await ledger.commit([{ kind: 'liftBan', key }])
    })
    logger.info('ban lifted', { key })
  }

  #inForce(): readonly Ban[] {
    const { ledger, chain } = this.#modules
    const height: BlockHeight = chain.bestHeight()
    return [...ledger.bans.values()].filter((ban) => isInForce(ban, height))
  }
}
