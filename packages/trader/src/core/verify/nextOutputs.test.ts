import {
  INITIAL_BATCH_KEY,
  accountScript,
  blockHeight,
  incrementBatchKey,
  outPoint,
  satoshi,
  txid,
} from '@tidepool/crypto'
import { accountKey, pointFromSecret, sha256 } from '@tidepool/crypto'
import type { Account } from '@tidepool/market'
import { describe, expect, it } from 'vitest'
import { NextOutputs } from './nextOutputs.ts'

const keyOf = (text: string) => accountKey(pointFromSecret(sha256(Buffer.from(text))))

const account = (text: string): Account => ({
  key: keyOf(text),
  value: satoshi(1_000_000),
  expiry: blockHeight(1000),
  version: 2,
  auctioneerKey: keyOf('auctioneer'),
  batchKey: INITIAL_BATCH_KEY,
  secret: sha256(Buffer.from(`secret ${text}`)),
  outpoint: outPoint(txid('11'.repeat(32)), 0),
})

/** Without any memory. */
const computed = (of: Account, terms: Pick<Account, 'expiry' | 'version'>) => {
  const batchKey = incrementBatchKey(of.batchKey)
  return { batchKey, script: accountScript({ ...of, ...terms, batchKey, traderKey: of.key }) }
}

describe('the next output of an account', () => {
  const alice = account('alice')

  it('is the same whether foreseen or not', () => {
    const foreseen = new NextOutputs()
    foreseen.foresee([alice, account('bob')], 10)
    expect(foreseen.of(alice, alice)).toEqual(computed(alice, alice))
    expect(new NextOutputs().of(alice, alice)).toEqual(computed(alice, alice))
  })

  it.each([
    ['a later expiry', { expiry: blockHeight(2000) }],
    ['another version', { version: 1 as const }],
    ['no taproot', { version: 0 as const }],
  ])('follows %s', (_, change) => {
    const foreseen = new NextOutputs()
    foreseen.foresee([alice], 10)
    const terms = { ...alice, ...change }
    expect(foreseen.of(alice, terms)).toEqual(computed(alice, terms))
    expect(foreseen.of(alice, alice)).toEqual(computed(alice, alice))
  })

  it.each([
    ['batch key', { batchKey: incrementBatchKey(INITIAL_BATCH_KEY) }],
    ['secret', { secret: sha256(Buffer.from('another')) }],
    ['auctioneer key', { auctioneerKey: keyOf('another') }],
  ])('is worked out anew when the %s changes', (_, change) => {
    const foreseen = new NextOutputs()
    foreseen.foresee([alice], 10)
    const changed = { ...alice, ...change }
    expect(foreseen.of(changed, changed)).toEqual(computed(changed, changed))
  })
})
