import {
  accountKey,
  blockCount,
  blockHeight,
  derEncode,
  fromHex,
  orderNonce,
  outPoint,
  pointFromSecret,
  pubKey,
  satPerKWeight,
  satoshi,
  sha256,
  signEcdsa,
  txid,
} from '@tidepool/crypto'
import {
  UNIT_SAT,
  checkChange,
  modifyRequest,
  nonceFromPreimage,
  orderDigest,
  planRenewal,
  ratePpb,
  sortedPrevOutputs,
  supplyUnits,
  buildChange,
} from '@tidepool/market'
import type { ModifyRequest, Order } from '@tidepool/market'
import { ACCOUNT_KEY_FAMILY, isFunded } from '@tidepool/trader'
import type { FundedAccount } from '@tidepool/trader'
import { acting } from '../deed.ts'
import type { Crime, Misdeed } from '../deed.ts'

const FRESH = (seed: number) => pubKey(pointFromSecret(sha256(Uint8Array.of(seed & 255, seed >> 8, 77))))
const HARMLESS = { harmless: true } as const

/** A call that is refused with a code; the batch goes on. */
const calling = (words: readonly [string, string], call: (crime: Crime) => Promise<unknown>): Misdeed =>
  acting('calls', [...words, HARMLESS], async (crime) => {
    await call(crime).catch(crime.caught)
  })

const api = ({ world }: Crime) => world.auctioneer.auctioneer

/** The connection of her own daemon. */
const peerOf = ({ session }: Crime): string => session?.peer ?? ''

const accountOf = ({ mallory }: Crime, version: 0 | 2): FundedAccount => {
  const account = mallory.trader.ledger.accounts.get(mallory.keyOf(version))
  if (account === undefined || !isFunded(account)) throw new Error('mallory has no such account')
  return account
}

/** An order of mallory's that nobody has seen, with one thing changed, signed by her. */
function order(
  crime: Crime,
  change: Partial<Order>,
  seed = 1,
): { readonly order: Order; readonly signature: Uint8Array } {
  const [record] = crime.mallory.trader.ledger.orders.values()
  if (record === undefined) throw new Error('mallory has no order')
  const nonce = orderNonce(sha256(Uint8Array.of(seed, 5)))
  const made = { ...record.order, nonce, multiSigKey: FRESH(seed), ...change } as Order
  const secret = crime.mallory.node.node.keys.secret({
    family: ACCOUNT_KEY_FAMILY,
    index: accountOf(crime, 2).keyIndex,
  })
  return { order: made, signature: derEncode(signEcdsa(sha256(orderDigest(made)), secret)) }
}

const ordering = (words: readonly [string, string], change: (crime: Crime) => Partial<Order>): Misdeed =>
  calling(words, (crime) => api(crime).orders.submit({ ...order(crime, change(crime)), userAgent: 'evil' }))

const firstOf = (crime: Crime, name: 'alice' | 'bob'): Order => {
  const [record] = crime[name].trader.ledger.orders.values()
  if (record === undefined) throw new Error(`${name} has no order`)
  return record.order
}

/** A renewal of mallory's second account, as our trader would ask for it. */
function renewal(crime: Crime): { readonly request: ModifyRequest; readonly checked: ReturnType<typeof checkChange> } {
  const account = accountOf(crime, 0)
  const { world } = crime
  const expiry = account.expiry + 10
  const limits = { maxValue: satoshi(1_000_000_000), bestHeight: blockHeight(world.stage.chain.height) }
  const plan = planRenewal(account, { expiry, feeRate: satPerKWeight(253) }, limits)
  const parts = { account, terms: plan.terms, inputs: [], outputs: [...plan.outputs] }
  const prevOutputs = sortedPrevOutputs(buildChange(parts).transaction, account, new Map())
  const checked = checkChange(parts, prevOutputs, 'cooperative')
  return { request: modifyRequest(account, checked, new Uint8Array()), checked }
}

/** Calls beside the stream. */
export const CALL_DEEDS: readonly Misdeed[] = [
  ordering(["an order for another's account", 'ORDER_SIGNATURE_INVALID'], ({ bob }) => ({ accountKey: bob.key })),
  ordering(['an order for an account that does not exist', 'ORDER_ACCOUNT_UNKNOWN'], () => ({
    accountKey: accountKey(FRESH(9)),
  })),
  calling(['an order changed after it was signed', 'ORDER_SIGNATURE_INVALID'], (crime) => {
    const made = order(crime, {})
    return api(crime).orders.submit({ ...made, order: { ...made.order, rate: ratePpb(1) }, userAgent: '' })
  }),
  calling(['an order signed with noise', 'ORDER_SIGNATURE_INVALID'], (crime) =>
    api(crime).orders.submit({ ...order(crime, {}), signature: new Uint8Array(71).fill(0x30), userAgent: '' }),
  ),
  calling(['an order without a signature', 'ORDER_SIGNATURE_INVALID'], (crime) =>
    api(crime).orders.submit({ ...order(crime, {}), signature: new Uint8Array(), userAgent: '' }),
  ),
  ordering(["another's order nonce", 'ORDER_NONCE_USED'], (crime) => ({ nonce: firstOf(crime, 'bob').nonce })),
  ordering(['an order nonce of zeros', 'ORDER_NONCE_ZERO'], () => ({ nonce: orderNonce(new Uint8Array(32)) })),
  ordering(["another's funding key", 'ORDER_FUNDING_KEY_USED'], (crime) => ({
    multiSigKey: firstOf(crime, 'bob').multiSigKey,
  })),
  ordering(['half a unit', 'ORDER_AMOUNT_NOT_UNITS'], () => ({ amount: satoshi(UNIT_SAT / 2n) })),
  ordering(['an order of nothing', 'ORDER_AMOUNT_NOT_UNITS'], () => ({ amount: satoshi(0) })),
  ordering(['an order of everything', 'ORDER_LIMIT_REACHED'], () => ({ amount: satoshi(20_000_000n * UNIT_SAT) })),
  ordering(['more than the account holds', 'ORDER_INSUFFICIENT_BALANCE'], () => ({ rate: ratePpb(0xffff_ffff) })),
  ordering(['a rate of nothing', 'ORDER_RATE_ZERO'], () => ({ rate: ratePpb(0) })),
  ordering(['a duration nobody trades', 'ORDER_DURATION_UNKNOWN'], () => ({ leaseDuration: blockCount(1) })),
  ordering(['a minimum above the order', 'ORDER_MIN_UNITS_ABOVE_UNITS'], () => ({ minUnitsMatch: supplyUnits(99) })),
  ordering(['a minimum of nothing', 'ORDER_MIN_UNITS_ZERO'], () => ({ minUnitsMatch: supplyUnits(0) })),
  ordering(['a fee rate that nobody relays', 'ORDER_FEE_RATE_TOO_LOW'], () => ({ maxBatchFeeRate: satPerKWeight(1) })),
  calling(['a cancel with a made-up preimage', 'ORDER_NOT_FOUND'], (crime) =>
    api(crime).orders.cancel(new Uint8Array(32).fill(4)),
  ),
  calling(["a cancel with another's nonce", 'ORDER_NOT_FOUND'], (crime) =>
    api(crime).orders.cancel(fromHex(firstOf(crime, 'bob').nonce)),
  ),
  calling(["a reservation of another's account", 'ACCOUNT_EXISTS'], (crime) =>
    api(crime).accounts.reserve(reservation(crime, crime.bob.key)),
  ),
  calling(['a reserved key reserved anew', 'RESERVATION_DIFFERS'], async (crime) => {
    await api(crime).accounts.reserve(reservation(crime, accountKey(FRESH(3))))
    await api(crime).accounts.reserve({ ...reservation(crime, accountKey(FRESH(3))), value: 200_000n })
  }),
  calling(['an account that was never reserved', 'RESERVATION_NOT_FOUND'], (crime) =>
    api(crime).accounts.init({ ...funding(crime, accountKey(FRESH(4))), script: new Uint8Array(34) }),
  ),
  calling(['an account with a script of her own', 'ACCOUNT_FUNDING_MISMATCH'], async (crime) => {
    const key = accountKey(FRESH(5))
    await api(crime).accounts.reserve(reservation(crime, key))
    await api(crime).accounts.init({ ...funding(crime, key), script: new Uint8Array(34) })
  }),
  calling(["another output for another's account", 'ACCOUNT_FUNDING_MISMATCH'], (crime) =>
    api(crime).accounts.init({ ...funding(crime, crime.bob.key), script: new Uint8Array(34) }),
  ),
  calling(["a change of another's account", 'ACCOUNT_ON_OTHER_CONNECTION'], (crime) =>
    api(crime).changes.modify({ ...renewal(crime).request, traderKey: crime.bob.key }, 'elsewhere'),
  ),
  calling(['a change of an account that does not exist', 'ACCOUNT_NOT_FOUND'], (crime) =>
    api(crime).changes.modify({ ...renewal(crime).request, traderKey: accountKey(FRESH(6)) }, peerOf(crime)),
  ),
  calling(['a change to more than the account holds', 'CHANGE_EXCEEDS_INPUTS'], (crime) => {
    const { request } = renewal(crime)
    const value = request.params === undefined ? 0n : request.params.value + 1_000_000n
    return api(crime).changes.modify(
      { ...request, ...(request.params && { params: { ...request.params, value } }) },
      peerOf(crime),
    )
  }),
  acting(
    'calls',
    [
      'a change of her account in the middle of a batch',
      'ACCOUNT_IN_BATCH',
      { version: 0, at: 'accept', harmless: true },
    ],
    async (crime) => {
      await api(crime).changes.modify(renewal(crime).request, peerOf(crime)).catch(crime.caught)
    },
  ),
  acting(
    'calls',
    ['a change signed before, kept for the middle of the batch', 'accountNotReady', { version: 0 }],
    async (crime) => {
      await api(crime).changes.modify(renewal(crime).request, peerOf(crime))
    },
  ),
  acting('calls', ['an order canceled while it is proposed', 'none', { at: 'accept' }], async (crime) => {
    const [record] = crime.mallory.trader.ledger.orders.values()
    if (record?.preimage === undefined) throw new Error('no preimage')
    await api(crime).orders.cancel(record.preimage)
  }),
  acting(
    'calls',
    ['an order canceled while it is signed', 'ORDER_IN_BATCH', { at: 'sign', harmless: true }],
    async (crime) => {
      const [record] = crime.mallory.trader.ledger.orders.values()
      if (record?.preimage === undefined) throw new Error('no preimage')
      await api(crime).orders.cancel(record.preimage).catch(crime.caught)
    },
  ),
  acting(
    'calls',
    ['a thousand orders more than an account may have', 'ORDER_LIMIT_REACHED', HARMLESS],
    async (crime) => {
      const sent = Array.from({ length: 1010 }, (_, i) => {
        const change = {
          amount: satoshi(UNIT_SAT),
          nonce: nonceFromPreimage(sha256(Uint8Array.of(i & 255, i >> 8))),
          rate: ratePpb(1),
          maxBatchFeeRate: satPerKWeight(253),
        }
        return api(crime).orders.submit({ ...order(crime, { ...change, multiSigKey: FRESH(i) }), userAgent: '' })
      })
      for (const result of await Promise.allSettled(sent)) if (result.status === 'rejected') crime.caught(result.reason)
    },
  ),
]

const reservation = ({ world }: Crime, traderKey: ReturnType<typeof accountKey>) => ({
  traderKey,
  value: 100_000n,
  expiry: world.stage.chain.height + 1000,
  version: 2,
})

const funding = (crime: Crime, traderKey: ReturnType<typeof accountKey>) => ({
  ...reservation(crime, traderKey),
  outpoint: outPoint(txid('33'.repeat(32)), 0),
  userAgent: '',
})
