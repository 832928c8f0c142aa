import { describe, expect, it } from 'vitest'
import type { poolrpc } from '@tidepool/rpc'
import { accountHint } from './accountText.ts'

const account = (state: poolrpc.AccountState, expirationHeight: number) =>
  ({ state, expirationHeight, traderKey: new Uint8Array(33).fill(2) }) as unknown as poolrpc.Account

describe('what to do about an account', () => {
  it.each([
    ['OPEN', 3000, undefined],
    ['OPEN', 2009, undefined],
    ['OPEN', 2008, /expires in 1008 blocks: extend it with: pool accounts renew 0202/],
    ['PENDING_BATCH', 1001, /expires in 1 blocks/],
    ['EXPIRED', 1000, /expired 0 blocks ago: .*pool accounts close 0202/],
    ['PENDING_CLOSED', 3000, /pool accounts bumpfee 0202/],
    ['CLOSED', 900, undefined],
  ] as const)('%s, expiry %i at height 1000', (state, expiry, text) => {
    const hint = accountHint(account(state, expiry), 1000)
    if (text === undefined) expect(hint).toBeUndefined()
    else expect(hint).toMatch(text)
  })
})
