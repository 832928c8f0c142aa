import { encodeTx, masterAccountOutput, subSat } from '@tidepool/crypto'
import type { SatPerKWeight } from '@tidepool/crypto'
import { AuctioneerError } from '../core/errors.ts'
import { BUMP_WEIGHT, bumpMaster, completeMasterSpend } from '../core/masterChange.ts'
import type { MasterSpend } from '../core/masterChange.ts'
import type { BumpRecord } from '../core/records.ts'
import { NODE_LIMITS, chainInOrder, linkOf, packageRate, totalsOf, whyNoRoom } from '../core/unconfirmedChain.ts'
import type { ChainTotals } from '../core/unconfirmedChain.ts'
import type { ChainWatcher } from '../ports/chain.ts'
import type { Logger } from '../ports/system.ts'
import type { LocatedKey, Signer } from '../ports/wallet.ts'
import type { BatchPublisher } from './batchPublisher.ts'
import type { FeeRates } from './feeRates.ts'
import type { Ledger } from './ledger.ts'

interface Modules {
  readonly ledger: Ledger
  readonly signer: Signer
  readonly chain: ChainWatcher
  readonly fees: FeeRates
  readonly key: LocatedKey
  readonly publisher: BatchPublisher
  /** An auction is running. */
  readonly busy: () => boolean
  readonly logger: Logger
}

export interface Bumped {
  readonly bump: BumpRecord
  /** All that waits, the bump included. */
  readonly chain: ChainTotals
  /** Why the network does not take it yet. */
  readonly problem: string | undefined
}

/** Speeds up unconfirmed batches: a child of the newest one, out of the auctioneer's own account, pays for all. */
export class FeeBumpService {
  readonly #modules: Modules

  constructor(modules: Modules) {
    this.#modules = modules
  }

  /** What waits for a block now. */
  get chain(): ChainTotals {
    const { unconfirmedBatches, auction } = this.#modules.ledger
    return totalsOf(chainInOrder(unconfirmedBatches.values(), auction.bumps).map(linkOf))
  }

  /** Makes all that waits pay the rate together. @throws AuctioneerError */
  async bump(rate: SatPerKWeight | undefined): Promise<Bumped> {
    const { ledger, fees, publisher, logger } = this.#modules
    const feeRate = rate ?? (await fees.refresh())
    const bump = await ledger.exclusively(() => this.#make(feeRate))
    logger.info('unconfirmed batches bumped', { txid: bump.txid, fee: bump.fee, feeRate })
    await publisher.republish()
    return { bump, chain: this.chain, problem: publisher.problemOf(bump.txid) }
  }

  async #make(rate: SatPerKWeight): Promise<BumpRecord> {
    const { ledger, chain, key, busy } = this.#modules
    if (busy()) throw new AuctioneerError({ code: 'AUCTION_RUNNING' }, 'an auction is running: try again after it')
    const { master, batches, bumps } = ledger.auction
    const waiting = this.chain
    if (waiting.transactions === 0 || master === undefined) {
      throw new AuctioneerError({ code: 'NOTHING_TO_BUMP' }, 'no batch waits for a block')
    }
    if (master.kind !== 'ready') {
      const why = 'a change of the master account waits on top of the batches: that one has to confirm'
      throw new AuctioneerError({ code: 'MASTER_ACCOUNT_UNCONFIRMED' }, why)
    }
    const spend = bumpMaster(key.key, master, childFee(waiting, rate))
    const noRoom = whyNoRoom(waiting, BUMP_WEIGHT, NODE_LIMITS)
    if (noRoom !== undefined) throw new AuctioneerError({ code: 'BUMP_NO_ROOM', what: noRoom }, noRoom)
    const signed = completeMasterSpend(key.key, spend, [await this.#sign(spend)])
    if (signed === undefined) {
      throw new AuctioneerError({ code: 'BATCH_NOT_SEALED', what: 'fee bump' }, 'lnd signed with another key')
    }
    const transaction = encodeTx(signed, { witness: true })
    const { txid } = spend.next.outpoint
    const fee = subSat(master.value, spend.next.value)
    const heightHint = chain.bestHeight()
    const bump: BumpRecord = { txid, transaction, fee, after: batches, heightHint, confirmedHeight: undefined }
    const next = { kind: 'ready', ...spend.next, heightHint, transaction: undefined } as const
    await ledger.commit([{ kind: 'auction', auction: { ...ledger.auction, master: next, bumps: [...bumps, bump] } }])
    return bump
  }

  #sign({ transaction, coins }: MasterSpend): Promise<Uint8Array> {
    const { signer, key } = this.#modules
    const [coin] = coins
    if (coin === undefined) throw new Error('a bump spends the master account')
    const { tweak, witnessScript, script } = masterAccountOutput({ auctioneerKey: key.key, batchKey: coin.batchKey })
    return signer.signEcdsa({
      transaction,
      inputIndex: 0,
      output: { value: coin.value, script },
      witnessScript,
      key,
      tweak,
    })
  }
}

/** What lifts the whole package to the rate; never less than the child's own part. @throws BUMP_NOT_NEEDED */
function childFee(waiting: ChainTotals, rate: SatPerKWeight): bigint {
  const paid = packageRate(waiting)
  if (paid >= rate) {
    throw new AuctioneerError(
      { code: 'BUMP_NOT_NEEDED', rate: String(paid) },
      `what waits pays ${paid} sat/kw already: name a higher rate`,
    )
  }
  const costOf = (weight: number): bigint => (rate * BigInt(weight) + 999n) / 1000n
  const whole = costOf(waiting.weight + BUMP_WEIGHT) - waiting.fee
  const own = costOf(BUMP_WEIGHT)
  return whole > own ? whole : own
}
