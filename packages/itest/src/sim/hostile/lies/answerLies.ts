import { satoshi } from '@tidepool/crypto'
import { supplyUnits } from '@tidepool/market'
import { decodeMessage, encodeMessage, termsFromWire, termsToWire } from '@tidepool/rpc'
import type { poolrpc } from '@tidepool/rpc'
import type { AuctionTerms as AuctioneersTerms } from '@tidepool/rpc'
import type { AuctionTerms, RemoteOrderState } from '@tidepool/trader'
import { answering } from '../lie.ts'
import type { Lie } from '../lie.ts'

const once = (call: string, change: (answer: unknown) => unknown): NonNullable<Lie['answer']> => {
  return (called, answer) => (called === call ? change(answer) : answer)
}

/** What the auctioneer says of an open order, after a restart of its trader. */
const orderState = (name: string, change: Partial<RemoteOrderState>): Lie =>
  answering(
    [name, 'ORDER_STATE_DIFFERS', 'ignored', { begins: 'restart', batchGoesOn: true }],
    once('orderState', (answer) => ({ ...(answer as RemoteOrderState), ...change })),
  )

/** Terms as they come over the wire, when the trader connects. */
const terms = (name: string, change: (wire: poolrpc.TermsResponse) => poolrpc.TermsResponseInit): Lie =>
  answering(
    [name, 'BAD_FIELD', 'crash', { begins: 'restart' }],
    once('terms', (answer) => {
      const wire = termsToWire(answer as AuctioneersTerms)
      const bytes = encodeMessage(
        'poolrpc.TermsResponse',
        change({ ...decoded(encodeMessage('poolrpc.TermsResponse', wire)) }),
      )
      const read = termsFromWire(decoded(bytes))
      return { ...read, maxAccountValue: satoshi(read.maxAccountValue) } satisfies AuctionTerms
    }),
  )

const decoded = (bytes: Uint8Array): poolrpc.TermsResponse => decodeMessage('poolrpc.TermsResponse', bytes)

/** Answers to calls. */
export const ANSWER_LIES: readonly Lie[] = [
  orderState('an open order said to be executed', { state: 'executed' }),
  orderState('an open order said to be partly filled', { state: 'partiallyFilled', unitsUnfulfilled: supplyUnits(1) }),
  orderState('an open order said to want one unit less', { unitsUnfulfilled: supplyUnits(5) }),
  orderState('an open order said to want nothing', { unitsUnfulfilled: supplyUnits(0) }),
  orderState('an open order said to want all there is', { unitsUnfulfilled: supplyUnits(0xffff_ffff) }),
  terms('terms without an execution fee at the start', ({ executionFee: _fee, ...rest }) => rest),
  terms('terms that allow no account at the start', (wire) => ({ ...wire, maxAccountValue: 0n })),
  answering(
    ['terms that nobody can read at the start', 'BAD_FIELD', 'not known', { begins: 'restart' }],
    once('terms', () => termsFromWire(decoded(new Uint8Array()))),
  ),
]
