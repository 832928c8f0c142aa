import type { ServerMessage } from '@tidepool/auctioneer'
import type { BatchProposal, ProposedMatch, SignRequest, AccountDiff } from '@tidepool/market'
import type { Transaction } from '@tidepool/crypto'
import type { poolrpc } from '@tidepool/rpc'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import type { BookName } from './books.ts'

export type Stage =
  | 'proposal'
  | 'match'
  | 'price'
  | 'transaction'
  | 'account'
  | 'bytes'
  | 'signing'
  | 'sequence'
  | 'handshake'
  | 'answer'

/** What the stock daemon (v0.6.6-beta) does with it. */
export type Stock = 'caught' | 'accepted' | 'crash' | 'stops' | 'deaf' | 'ignored' | 'not known'

/** A message as it goes out: as it should be, with changed fields, or as bytes that are no message. */
export type Told = ServerMessage | { readonly wire: poolrpc.ServerAuctionMessageInit } | { readonly bytes: Uint8Array }

/** The one who is lied to, and all that a liar could know. */
export interface Scene {
  readonly world: World
  readonly victim: SimTrader
  readonly other: SimTrader
  /** Honest messages to the victim so far, the present one last. */
  readonly heard: readonly ServerMessage[]
}

/** What the victim is told in place of an honest message; undefined leaves it as it is. */
export type Teller = (message: ServerMessage, scene: Scene) => readonly Told[] | undefined

export interface Lie {
  readonly name: string
  readonly stage: Stage
  /** What our trader calls it. */
  readonly code: string
  readonly stock: Stock
  /** What the reason names, for a message that cannot be read. */
  readonly field?: string
  /** In the list of the stock client's gaps. */
  readonly gap?: string
  /** alice asks with an account of version 0, bob bids with one of version 2. */
  readonly victim: 'alice' | 'bob'
  readonly book: BookName
  readonly tell: Teller
  /** The victim is started anew before the auction; the liar is at work by then. */
  readonly begins?: 'restart'
  /** In place of the answer to a call. */
  readonly answer?: (call: string, answer: unknown) => unknown
  /** The honest batch of this auction goes on beside the lie, so signatures for it may leave. */
  readonly batchGoesOn?: boolean
}

export type Extras = Partial<Pick<Lie, 'field' | 'gap' | 'victim' | 'book' | 'batchGoesOn' | 'begins'>>

const lie = (fields: Omit<Lie, 'victim' | 'book'> & Extras): Lie => ({ victim: 'bob', book: 'plain', ...fields })

const extras = (gap: string | Extras): Extras => (typeof gap === 'string' ? { gap } : gap)

export type Words = readonly [name: string, code: string, stock: Stock, more?: string | Extras]

/** A lie told at any message. */
export function telling(stage: Stage, [name, code, stock, more = {}]: Words, tell: Teller): Lie {
  return lie({ stage, name, code, stock, tell, ...extras(more) })
}

/** The answer to a call, changed. */
export const answering = ([name, code, stock, more = {}]: Words, answer: NonNullable<Lie['answer']>): Lie =>
  lie({ stage: 'answer', name, code, stock, tell: () => undefined, answer, ...extras(more) })

/** A changed proposal. */
export function proposing(
  stage: Stage,
  words: Words,
  change: (batch: BatchProposal, scene: Scene) => BatchProposal,
): Lie {
  return telling(stage, words, (message, scene) =>
    message.kind === 'prepare' ? [{ kind: 'prepare', proposal: change(message.proposal, scene) }] : undefined,
  )
}

/** Every match changed. */
export const matching = (words: Words, change: (match: ProposedMatch, scene: Scene) => ProposedMatch): Lie =>
  proposing('match', words, (batch, scene) => ({ ...batch, matches: batch.matches.map((one) => change(one, scene)) }))

/** Every counterpart changed, whatever its kind. */
export const meeting = (words: Words, change: (order: ProposedMatch['counterpart'], scene: Scene) => object): Lie =>
  matching(words, (match, scene) => ({
    ...match,
    counterpart: { ...match.counterpart, ...change(match.counterpart, scene) },
  }))

/** Every diff changed. */
export const charging = (words: Words, change: (diff: AccountDiff, scene: Scene) => Partial<AccountDiff>): Lie =>
  proposing('account', words, (batch, scene) => ({
    ...batch,
    accountDiffs: batch.accountDiffs.map((diff) => ({ ...diff, ...change(diff, scene) })),
  }))

/** The transaction changed, and nothing else. */
export const spending = (
  stage: Stage,
  words: Words,
  change: (tx: Transaction, batch: BatchProposal, scene: Scene) => Partial<Transaction>,
): Lie =>
  proposing(stage, words, (batch, scene) => ({
    ...batch,
    transaction: { ...batch.transaction, ...change(batch.transaction, batch, scene) },
  }))

/** A changed request to sign. */
export const asking = (words: Words, change: (request: SignRequest, scene: Scene) => SignRequest): Lie =>
  telling('signing', words, (message, scene) =>
    message.kind === 'signBegin' ? [{ kind: 'signBegin', request: change(message.request, scene) }] : undefined,
  )
