import type { ClientMessage, ServerMessage, TraderSession } from '@tidepool/auctioneer'
import type { SignReply } from '@tidepool/market'
import type { SimTrader } from '../simTrader.ts'
import type { World } from '../world.ts'
import type { RawStream } from './rawStream.ts'

/** mallory among honest traders: alice leases out, bob and mallory lease in. */
export interface Crime {
  readonly world: World
  readonly mallory: SimTrader
  readonly alice: SimTrader
  readonly bob: SimTrader
  /** What mallory was told so far. */
  readonly heard: readonly ServerMessage[]
  /** mallory's own stream, as the auctioneer has it. */
  readonly session: TraderSession | undefined
  /** Opens one more stream, with a daemon of mallory's own making. */
  readonly open: (peer?: string) => RawStream
  /** What mallory was refused with. */
  readonly caught: (error: unknown) => void
}

/** A message of the protocol, down to a trader or up from it. */
export type Moment = 'prepare' | 'accept' | 'signBegin' | 'sign' | 'finalize'

export interface Misdeed {
  readonly name: string
  readonly stage: 'answers' | 'signatures' | 'channels' | 'streams' | 'calls' | 'floods'
  /** Why mallory is left out or refused: kind of failure, or code; none when there is nothing to refuse. */
  readonly reason: string
  /** Version of the account that mallory bids with. */
  readonly version: 2 | 0
  /** mallory's order is filled all the same: the deed changes nothing. */
  readonly harmless?: boolean
  /** Each time, not only the first. */
  readonly always?: boolean
  /** What comes of mallory's daemon's own message. */
  readonly says?: (message: ClientMessage, crime: Crime) => readonly ClientMessage[] | undefined
  /** The message mallory sends next comes so late. */
  readonly late?: Moment
  /** The stream breaks here. */
  readonly cut?: Moment
  /** Something else, at this moment; before the auction without one. */
  readonly does?: (crime: Crime) => void | Promise<void>
  readonly at?: Moment
  /** What must hold when this time has passed, still before the auction. */
  readonly later?: { readonly ms: number; readonly check: (crime: Crime) => void }
}

type More = Partial<Pick<Misdeed, 'version' | 'harmless' | 'always' | 'at'>>
export type Words = readonly [name: string, reason: string, more?: More]

const deed = (stage: Misdeed['stage'], [name, reason, more = {}]: Words, how: Partial<Misdeed>): Misdeed => ({
  name,
  stage,
  reason,
  version: 2,
  ...more,
  ...how,
})

/** Something else in place of an answer. */
export const answering = (
  kind: 'accept' | 'sign',
  words: Words,
  change: (message: ClientMessage, crime: Crime) => readonly ClientMessage[],
): Misdeed =>
  deed('answers', words, { says: (message, crime) => (message.kind === kind ? change(message, crime) : undefined) })

/** A Sign that is not as it should be. */
export const signing = (
  words: Words,
  change: (reply: SignReply, crime: Crime) => SignReply,
  stage: Misdeed['stage'] = 'signatures',
): Misdeed =>
  deed(stage, words, {
    says: (message, crime) =>
      message.kind === 'sign' ? [{ kind: 'sign', reply: change(message.reply, crime) }] : undefined,
  })

export const acting = (stage: Misdeed['stage'], words: Words, does: Misdeed['does']): Misdeed =>
  deed(stage, words, does === undefined ? {} : { does })

export const breaking = (words: Words, how: Pick<Misdeed, 'late' | 'cut'>): Misdeed => deed('answers', words, how)
