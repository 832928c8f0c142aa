import { incrementBatchKey, orderNonce } from '@tidepool/crypto'
import type { OrderNonce } from '@tidepool/crypto'
import type { ClientMessage } from '@tidepool/auctioneer'
import type { BatchReject, PartialReject } from '@tidepool/market'
import { acting, answering, breaking } from '../deed.ts'
import type { Crime, Misdeed, Moment, Words } from '../deed.ts'

const idOf = (message: ClientMessage) => {
  if (message.kind === 'accept') return message.batchId
  if (message.kind === 'sign') return message.reply.batchId
  throw new Error('no answer to a batch')
}

const reject = (
  message: ClientMessage,
  code: BatchReject['code'],
  reason = 'no',
  rejectedOrders: BatchReject['rejectedOrders'] = new Map(),
): ClientMessage => ({ kind: 'reject', reject: { batchId: idOf(message), code, reason, rejectedOrders } })

const refusing = (
  kind: 'accept' | 'sign',
  words: Words,
  code: BatchReject['code'],
  orders: (crime: Crime) => readonly OrderNonce[] = () => [],
  why: PartialReject['code'] = 'channelFundingFailed',
): Misdeed =>
  answering(kind, words, (message, crime) => [
    reject(message, code, 'no', new Map(orders(crime).map((nonce) => [nonce, { reason: why, code: why }]))),
  ])

const ordersOf = (name: 'alice' | 'bob') => (crime: Crime) => [...crime[name].trader.ledger.orders.keys()]
const nobodys = (count: number) => () =>
  Array.from({ length: count }, (_, i) => {
    const bytes = new Uint8Array(32).fill(1)
    new DataView(bytes.buffer).setUint32(0, i)
    return orderNonce(bytes)
  })

const emptySign = (message: ClientMessage): ClientMessage => ({
  kind: 'sign',
  reply: { batchId: idOf(message), accountSigs: new Map(), traderNonces: new Map(), channelInfos: new Map() },
})

const late = (moment: Moment, reason: string): Misdeed =>
  breaking([`her ${moment} takes 40 s`, reason], { late: moment })
const cut = (moment: Moment, reason: string, harmless = false): Misdeed =>
  breaking([`her stream breaks at ${moment}`, reason, { harmless }], { cut: moment })

/** Answers to the auctioneer's questions. */
export const ANSWER_DEEDS: readonly Misdeed[] = [
  answering('accept', ['no answer to a proposal', 'silent'], () => []),
  answering('sign', ['accepted, and never signed', 'silent'], () => []),
  answering('accept', ['no answer to any proposal', 'silent', { always: true }], () => []),
  ...(['accept', 'sign'] as const).flatMap((kind) => [
    refusing(kind, [`a reject without a reason in place of ${kind}`, 'fullReject'], 'unknown'),
    refusing(kind, [`the auctioneer accused in place of ${kind}`, 'fullReject'], 'serverMisbehavior'),
    refusing(kind, [`another batch version in place of ${kind}`, 'fullReject'], 'batchVersionMismatch'),
    refusing(kind, [`a partial reject of nothing in place of ${kind}`, 'fullReject'], 'partialReject'),
    refusing(
      kind,
      [`a partial reject of a stranger's order in place of ${kind}`, 'fullReject'],
      'partialReject',
      nobodys(1),
    ),
    refusing(
      kind,
      [`a partial reject of bob's order in place of ${kind}`, 'fullReject'],
      'partialReject',
      ordersOf('bob'),
    ),
    refusing(kind, [`alice's order refused in place of ${kind}`, 'partialReject'], 'partialReject', ordersOf('alice')),
    refusing(
      kind,
      [`alice called a known peer in place of ${kind}`, 'partialReject'],
      'partialReject',
      ordersOf('alice'),
      'duplicatePeer',
    ),
  ]),
  refusing('accept', ['a partial reject of fifty thousand orders', 'fullReject'], 'partialReject', nobodys(50_000)),
  answering('accept', ['a reason of a megabyte', 'fullReject'], (message) => [
    reject(message, 'unknown', 'x'.repeat(1 << 20)),
  ]),
  answering('accept', ['another batch accepted', 'ANSWER_UNASKED'], (message) => [
    { kind: 'accept', batchId: incrementBatchKey(idOf(message)) },
  ]),
  answering('accept', ['a proposal accepted twice', 'ANSWER_UNASKED', { harmless: true }], (message) => [
    message,
    message,
  ]),
  answering('accept', ['a proposal accepted a thousand times', 'ANSWER_UNASKED', { harmless: true }], (message) =>
    Array.from({ length: 1000 }, () => message),
  ),
  answering('accept', ['accepted, then refused', 'ANSWER_UNASKED', { harmless: true }], (message) => [
    message,
    reject(message, 'unknown'),
  ]),
  answering('accept', ['refused, then accepted', 'fullReject'], (message) => [reject(message, 'unknown'), message]),
  answering('accept', ['signed without a proposal accepted', 'ANSWER_UNASKED'], (message) => [emptySign(message)]),
  answering('accept', ['signed before it was asked for', 'ANSWER_UNASKED', { harmless: true }], (message) => [
    message,
    emptySign(message),
  ]),
  answering('sign', ['accepted again in place of signing', 'ANSWER_UNASKED'], (message) => [
    { kind: 'accept', batchId: idOf(message) },
  ]),
  answering('sign', ['signed twice', 'ANSWER_UNASKED', { harmless: true }], (message) => [message, message]),
  answering('sign', ['signed, then refused', 'ANSWER_UNASKED', { harmless: true }], (message) => [
    message,
    reject(message, 'unknown'),
  ]),
  answering('sign', ['signed badly, then well', 'badSignature'], (message) => [emptySign(message), message]),
  answering('sign', ['another batch signed', 'ANSWER_UNASKED'], (message) =>
    message.kind === 'sign'
      ? [{ kind: 'sign', reply: { ...message.reply, batchId: incrementBatchKey(message.reply.batchId) } }]
      : [message],
  ),
  late('prepare', 'silent'),
  late('accept', 'silent'),
  late('signBegin', 'silent'),
  late('sign', 'silent'),
  cut('prepare', 'streamLost'),
  cut('accept', 'streamLost'),
  cut('signBegin', 'streamLost'),
  cut('sign', 'streamLost'),
  cut('finalize', 'none', true),
  acting(
    'answers',
    ['accepted before any proposal', 'ANSWER_UNASKED', { harmless: true }],
    async ({ session, world }) => {
      await session?.receive({ kind: 'accept', batchId: world.auctioneer.auctioneer.ledger.auction.batchKey })
    },
  ),
  acting(
    'answers',
    ['a thousand rejects before any proposal', 'ANSWER_UNASKED', { harmless: true }],
    async ({ session, world }) => {
      const batchId = world.auctioneer.auctioneer.ledger.auction.batchKey
      const message: ClientMessage = { kind: 'accept', batchId }
      for (let i = 0; i < 1000; i++) await session?.receive(reject(message, 'serverMisbehavior'))
    },
  ),
  acting(
    'answers',
    ['accepted from a stream of nobody', 'ANSWER_UNASKED', { harmless: true, at: 'accept' }],
    async ({ open, world }) => {
      await open().say({ kind: 'accept', batchId: world.auctioneer.auctioneer.ledger.auction.batchKey })
    },
  ),
]
