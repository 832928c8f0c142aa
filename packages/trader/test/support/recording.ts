import { readFileSync } from 'node:fs'
import {
  batchKeyOffset,
  fromHex,
  INITIAL_BATCH_KEY,
  accountKey,
  accountOutput,
  accountSecret,
  blockHeight,
  equalBytes,
  itemAt,
  pointFromSecret,
  pubKey,
} from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { Account, AccountVersion, BatchProposal, Order, SignReply, SignRequest } from '@tidepool/market'
import { decodeMessage, orderFromWire, proposalFromWire, signReplyFromWire, signRequestFromWire } from '@tidepool/rpc'

const AUCTIONEER_SECRET = fromHex('b92a57ea660776236359c026e6652cea1df9e92f8c9bd1ae670903f0df929782', 32)
const AUCTIONEER_KEY = pubKey(pointFromSecret(AUCTIONEER_SECRET))
/** More than any account of the recordings has been through. */
const MAX_OUTPUTS = 12

interface RecordedEvent {
  readonly trader?: string
  readonly rpc?: string
  readonly from?: 'trader' | 'auctioneer'
  readonly raw?: string
  readonly [field: string]: unknown
}

/** One batch as one trader saw it. */
export interface RecordedBatch {
  readonly file: string
  readonly trader: string
  readonly sidecar: boolean
  readonly proposal: BatchProposal
  readonly request: SignRequest
  readonly reply: SignReply
}

export interface Recording {
  readonly orders: readonly { readonly trader: string; readonly order: Order }[]
  readonly batches: readonly RecordedBatch[]
  /** Every expiry height that any message, note or list mentions. */
  readonly expiries: ReadonlySet<number>
}

export function readRecording(file: string): Recording {
  const text = readFileSync(new URL(`../vectors/poold/${file}.json`, import.meta.url), 'utf8')
  const { events } = JSON.parse(text) as { readonly events: readonly RecordedEvent[] }
  const heights = text.matchAll(/"(?:expiry_after|expiration_height|account_expiry|new_expiry)": ?([0-9]+)/g)
  return {
    orders: events.flatMap(submitted),
    batches: batchesOf(file, events),
    expiries: new Set([...heights].map(([, height]) => Number(height))),
  }
}

function submitted(event: RecordedEvent): readonly { trader: string; order: Order }[] {
  if (event.rpc !== 'SubmitOrder' || event.from !== 'trader' || event.raw === undefined) return []
  const { order } = orderFromWire(decodeMessage('poolrpc.ServerSubmitOrderRequest', fromHex(event.raw)))
  return [{ trader: event.trader ?? '', order }]
}

/** The last Prepare, SignBegin and Sign of each stream. */
function batchesOf(file: string, events: readonly RecordedEvent[]): readonly RecordedBatch[] {
  const drafts = new Map<string, { -readonly [K in keyof RecordedBatch]?: RecordedBatch[K] }>()
  for (const { trader, rpc, from, raw } of events) {
    if (rpc !== 'SubscribeBatchAuction' && rpc !== 'SubscribeSidecar') continue
    if (trader === undefined || raw === undefined) continue
    const key = `${trader} ${rpc}`
    const draft = drafts.get(key) ?? { file, trader, sidecar: rpc === 'SubscribeSidecar' }
    drafts.set(key, draft)
    if (from === 'auctioneer') {
      const { msg } = decodeMessage('poolrpc.ServerAuctionMessage', fromHex(raw))
      if (msg?.case === 'prepare') draft.proposal = proposalFromWire(msg.value)
      if (msg?.case === 'sign') draft.request = signRequestFromWire(msg.value)
    } else {
      const { msg } = decodeMessage('poolrpc.ClientAuctionMessage', fromHex(raw))
      if (msg?.case === 'sign') draft.reply = signReplyFromWire(msg.value)
    }
  }
  return [...drafts.values()].filter((draft) => draft.reply !== undefined) as readonly RecordedBatch[]
}

/** An account before a batch, found by its script among what the batch spends. */
export function spentAccount(key: AccountKey, batch: RecordedBatch, expiries: ReadonlySet<number>): Account {
  const shared = { key, auctioneerKey: AUCTIONEER_KEY, secret: accountSecret(AUCTIONEER_SECRET, key) }
  for (let step = 0; step < MAX_OUTPUTS; step++) {
    const batchKey = batchKeyOffset(INITIAL_BATCH_KEY, step)
    for (const height of expiries) {
      for (const version of [0, 1, 2] as const satisfies readonly AccountVersion[]) {
        const expiry = blockHeight(height)
        const { script } = accountOutput({ ...shared, traderKey: accountKey(key), batchKey, expiry, version })
        const index = batch.request.prevOutputs.findIndex((output) => equalBytes(output.script, script))
        const [output, input] = [
          itemAt(batch.request.prevOutputs, index),
          itemAt(batch.proposal.transaction.inputs, index),
        ]
        if (output !== undefined && input !== undefined) {
          return { ...shared, batchKey, expiry, version, value: output.value, outpoint: input.prevout }
        }
      }
    }
  }
  throw new Error(`no output of account ${key}`)
}
