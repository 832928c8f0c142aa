import { accountSecret, accountVersion, blockHeight, itemAt, satoshi } from '@tidepool/crypto'
import type { MessageOf } from '@tidepool/rpc'
import { currentOutput } from '@tidepool/trader'
import type { TraderAccount } from '@tidepool/trader'
import type { Difference } from '../difference.ts'
import { ACCOUNT_KEY, ACCOUNT_SECRET } from '../recording/keys.ts'
import { fundingStandIn } from './fundingStandIn.ts'
import { RecordedAuctioneer } from './recordedAuctioneer.ts'
import type { PlayedTrader } from './recordedAuctioneer.ts'
import { RecordedChain } from '../recordedChain.ts'
import { batchOf } from '../recording/batchFacts.ts'
import type { BatchAccountNote, RecordedBatch } from '../recording/batchFacts.ts'
import { readRecording } from '../recording/recording.ts'
import type { Recording } from '../recording/recording.ts'
import { soon } from '../settle.ts'
import { traderFacts } from '../recording/traderFacts.ts'
import { TraderWorld } from './traderWorld.ts'

const TRADERS = ['alice', 'bob']

/** Recordings of batches that follow each other, and our traders who play them. */
export class BatchGroup {
  readonly recordings: readonly Recording[]
  readonly #accounts: readonly Seen[]
  readonly #traders: ReadonlyMap<string, PlayedTrader>
  readonly #chain: RecordedChain
  readonly #auctioneer: RecordedAuctioneer

  constructor(files: readonly string[]) {
    this.recordings = files.map(readRecording)
    const batches = this.recordings.flatMap((recording) => batchOf(recording) ?? [])
    const chain = new RecordedChain(batches[0]?.heightHint ?? 0)
    this.#accounts = firstSeen(batches)
    this.#traders = new Map(TRADERS.map((trader) => [trader, this.#trader(trader, chain)]))
    this.#chain = chain
    this.#auctioneer = new RecordedAuctioneer(this.#traders, chain)
  }

  /** The accounts were opened and subscribed before the recordings begin. */
  async start(termsInstead: Partial<MessageOf<'poolrpc.TermsResponse'>>): Promise<void> {
    const [first] = this.recordings
    for (const [trader, { world }] of this.#traders) {
      const own = this.#accountsOf(trader)
      await world.seed(own.map((seen, index) => ({ kind: 'account', account: accountBefore(seen, index) })))
      world.lnd.lenient = true
      world.server.lenient = true
      world.server.termsInstead = termsInstead
      if (first !== undefined) world.server.load(first)
      await world.start()
      if (await soon(() => world.running.trader.session.subscribed.size === own.length)) continue
      throw new Error(`${trader} could not subscribe: ${world.complaints.join(', ')}`)
    }
  }

  play(recording: Recording): Promise<readonly Difference[]> {
    this.#chain.mineTo(batchOf(recording)?.heightHint ?? 0)
    return this.#auctioneer.play(recording)
  }

  /** Warnings and errors that the traders logged since the last call. */
  complaints(): readonly string[] {
    return [...this.#traders.values()].flatMap(({ world }) => world.complaints.splice(0))
  }

  async stop(): Promise<void> {
    for (const { world } of this.#traders.values()) await world.stop()
  }

  #accountsOf(trader: string): readonly Seen[] {
    return this.#accounts.filter(({ note }) => note.trader === trader)
  }

  #trader(trader: string, chain: RecordedChain): PlayedTrader {
    const facts = traderFacts(trader, this.recordings)
    const keys = this.#accountsOf(trader).map(({ note }) => note.key)
    return { facts, world: new TraderWorld(trader, facts, chain, keys) }
  }
}

interface Seen {
  readonly note: BatchAccountNote
  readonly batch: RecordedBatch
}

/** Every account with the first batch that spends it. */
function firstSeen(batches: readonly RecordedBatch[]): readonly Seen[] {
  const seen = new Map<string, Seen>()
  for (const batch of batches) {
    for (const note of batch.accounts) if (!seen.has(note.key)) seen.set(note.key, { note, batch })
  }
  return [...seen.values()]
}

function accountBefore({ note, batch }: Seen, keyIndex: number): TraderAccount {
  const index = batch.inputs.indexOf(note.key)
  const outpoint = itemAt(batch.unsigned.inputs, index)?.prevout
  if (outpoint === undefined) throw new Error(`the batch does not spend ${note.key}`)
  const account = {
    kind: 'open',
    key: note.key,
    keyIndex,
    value: satoshi(note.before),
    expiry: blockHeight(note.expiryAfter),
    version: accountVersion(note.versionBefore),
    auctioneerKey: ACCOUNT_KEY,
    batchKey: note.batchKeyBefore,
    secret: accountSecret(ACCOUNT_SECRET, note.key),
    heightHint: blockHeight(0),
    outpoint,
  } as const
  return { ...account, latestTx: fundingStandIn(outpoint, currentOutput(account)) }
}
