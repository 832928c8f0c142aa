import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage, fillMessage } from '../codec/message.ts'
import { fromJson } from './fromJson.ts'
import { toJson } from './toJson.ts'

const account = fillMessage('poolrpc.Account', {
  traderKey: Uint8Array.of(2, 0xab),
  value: 2n ** 63n,
  state: 'OPEN',
  version: 'UNRECOGNIZED_9',
})

describe('toJson', () => {
  it('writes every field under its proto name', () => {
    expect(toJson('poolrpc.Account', account)).toEqual({
      trader_key: 'Aqs=',
      outpoint: null,
      value: '9223372036854775808',
      available_balance: '0',
      expiration_height: 0,
      state: 'OPEN',
      latest_txid: '',
      version: 9,
    })
  })

  it('writes bytes as the command line does', () => {
    expect(toJson('poolrpc.Account', account, { bytes: 'hex' })).toMatchObject({ trader_key: '02ab', latest_txid: '' })
  })

  it('leaves unset members of a oneof out', () => {
    const response = fillMessage('poolrpc.SubmitOrderResponse', {
      details: { case: 'acceptedOrderNonce', value: Uint8Array.of(1) },
    })
    expect(toJson('poolrpc.SubmitOrderResponse', response, { bytes: 'hex' })).toEqual({
      accepted_order_nonce: '01',
      updated_sidecar_ticket: '',
    })
  })

  it('writes maps with text keys', () => {
    const terms = fillMessage('poolrpc.LeaseDurationResponse', {
      leaseDurationBuckets: new Map([[2016, 'MARKET_OPEN'] as const, [144, 'NO_MARKET'] as const]),
    })
    expect(JSON.stringify(toJson('poolrpc.LeaseDurationResponse', terms))).toBe(
      '{"lease_durations":{},"lease_duration_buckets":{"144":"NO_MARKET","2016":"MARKET_OPEN"}}',
    )
  })
})

describe('fromJson', () => {
  it('reads what toJson wrote', () => {
    const bytes = encodeMessage('poolrpc.Account', fromJson('poolrpc.Account', toJson('poolrpc.Account', account)))
    expect(decodeMessage('poolrpc.Account', bytes)).toEqual(account)
  })

  it.each([
    [
      { trader_key: '-_8=', amount_sat: 5 },
      { traderKey: Uint8Array.of(0xfb, 0xff), amountSat: 5n },
    ],
    [
      { traderKey: '-_8', amountSat: '5' },
      { traderKey: Uint8Array.of(0xfb, 0xff), amountSat: 5n },
    ],
    [{ absolute_expiry: '7' }, { accountExpiry: { case: 'absoluteExpiry', value: 7 } }],
    [{ new_version: 2, trader_key: null }, { newVersion: 'ACCOUNT_VERSION_TAPROOT' }],
  ])('takes %j', (json, expected) => {
    expect(fromJson('poolrpc.DepositAccountRequest', json)).toEqual(expected)
  })

  it.each([
    [{ traderkey: '' }, 'traderkey'],
    [{ trader_key: '!' }, 'trader_key'],
    [{ trader_key: 5 }, 'trader_key'],
    [{ amount_sat: 1.5 }, 'amount_sat'],
    [{ amount_sat: '0x5' }, 'amount_sat'],
    [{ absolute_expiry: 'x' }, 'absolute_expiry'],
    [{ absolute_expiry: 1, relative_expiry: 2 }, 'relative_expiry'],
    [{ new_version: 'NEWEST' }, 'new_version'],
    [[], ''],
    [7, ''],
  ])('refuses %j', (json, path) => {
    expect(() => fromJson('poolrpc.DepositAccountRequest', json)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ code: 'BAD_JSON', path }) }),
    )
  })

  it('names the place of a nested fault', () => {
    expect(() =>
      fromJson('poolrpc.SubmitOrderRequest', { bid: { details: { allowed_node_ids: ['AA==', 1] } } }),
    ).toThrow(/bid\.details\.allowed_node_ids\[1\]: expected base64/)
  })
})
