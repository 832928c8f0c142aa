import { readFileSync } from 'node:fs'
import {
  INITIAL_BATCH_KEY,
  accountKey,
  accountVersion,
  batchKey,
  batchKeyOffset,
  decodeTx,
  fromHex,
  incrementBatchKey,
  pubKey,
  txidOf,
} from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import { describe, expect, it } from 'vitest'
import { AccountSearch } from '../src/core/recovery/accountSearch.ts'
import type { SearchKey } from '../src/core/recovery/candidateScripts.ts'
import { locateNext, locateOutput } from '../src/core/recovery/locateOutput.ts'
import { candidatesOf } from '../src/core/recovery/outputIndex.ts'
import { transactionsWith } from '../src/core/recovery/blockScan.ts'

interface KeyFields {
  readonly version: number
  readonly expiry: number
  readonly trader_key: string
  readonly auctioneer_key: string
  readonly batch_key: string
  readonly secret: string
}
interface Point {
  readonly txid: string
  readonly index: number
}
interface Found extends KeyFields {
  readonly index: number
  readonly value: number
  readonly outpoint: Point
}
interface Case extends KeyFields {
  readonly kind: string
  readonly name?: string
  readonly tx: string
  readonly txs: readonly string[]
  readonly start_batch_key: string
  readonly account_output_index: number
  readonly steps: readonly { readonly batch_key: string; readonly found: boolean; readonly index?: number }[]
  readonly found_with_expiry_plus_one: boolean
  readonly found: boolean | readonly Found[]
  readonly txid?: string
  readonly index?: number
  readonly first_block: number
  readonly last_block: number
  readonly account_target: number
  readonly account_keys: readonly (KeyFields & { readonly index: number; readonly kind: string })[]
  readonly outpoint: Point
  readonly spending_txid?: string
  readonly value?: number
  readonly new_expiry?: number
  readonly new_batch_key?: string
}

const file = new URL('vectors/pool/recovery.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] }
const of = (kind: string) => cases.filter((one) => one.kind === kind).map((one, i) => [i, one] as const)
const parse = (hex: string): Transaction => decodeTx(fromHex(hex))

const searchKey = (one: KeyFields, keyIndex = 0): SearchKey => ({
  key: accountKey(one.trader_key),
  keyIndex,
  auctioneerKey: pubKey(one.auctioneer_key),
  secret: fromHex(one.secret),
})
const at = (one: KeyFields, key: string, expiry = one.expiry) => ({
  key: searchKey(one),
  batchKey: batchKey(key),
  expiries: [expiry],
})
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

describe('Pool poolscript/script.go, account/recovery.go (recovery.json)', () => {
  it('covers every case', () => {
    const kinds = ['locate', 'locate_any', 'match_previous_outpoint', 'find_accounts', 'find_update']
    expect(kinds.flatMap((kind) => of(kind))).toHaveLength(53)
    expect(cases).toHaveLength(53)
  })

  it.each(of('locate'))('locate %i', (_, one) => {
    const tx = parse(one.tx)
    for (const step of one.steps) {
      const found = locateOutput(tx, { ...at(one, step.batch_key), versions: [0] })
      expect(found?.outpoint.index).toBe(step.found ? step.index : undefined)
      // The reference only knows version 0; we find the others where they are.
      const ours = locateOutput(tx, { ...at(one, step.batch_key), versions: [0, 1, 2] })
      const here = step.batch_key === one.batch_key
      expect(ours?.outpoint.index).toBe(here ? one.account_output_index : undefined)
      if (ours !== undefined) expect(ours.version).toBe(one.version)
    }
    const next = locateOutput(tx, { ...at(one, one.batch_key, one.expiry + 1), versions: [0] })
    expect(next !== undefined).toBe(one.found_with_expiry_plus_one)
  })

  it.each(of('locate_any'))('locate any %i', (_, one) => {
    const hits = one.txs.map(parse).flatMap((tx) => {
      const found = locateOutput(tx, { ...at(one, one.batch_key), versions: [0] })
      return found === undefined ? [] : [found.outpoint]
    })
    expect(hits[0]).toEqual(one.found === true ? { txid: one.txid, index: one.index } : undefined)
  })

  it.each(of('match_previous_outpoint'))('match previous outpoint %i', (_, one) => {
    const raw = one.txs.map((hex) => fromHex(hex))
    const block = new Uint8Array([...new Uint8Array(80), raw.length, ...raw.flatMap((bytes) => [...bytes])])
    const spends = transactionsWith(block, [fromHex(one.outpoint.txid).toReversed()]).filter((tx) =>
      tx.inputs.some(({ prevout }) => prevout.txid === one.outpoint.txid && prevout.index === one.outpoint.index),
    )
    expect(spends.map(txidOf)[0]).toBe(one.found === true ? one.spending_txid : undefined)
  })

  it.each(of('find_accounts'))('find accounts %i', (_, one) => {
    const keys = one.account_keys.map((fields) =>
      searchKey({ ...fields, auctioneer_key: one.account_keys[0]?.auctioneer_key ?? '' }, fields.index),
    )
    const outputs = one.txs.map(parse).flatMap((tx) => candidatesOf(tx, txidOf(tx), one.first_block))
    const expiries = range(one.first_block, one.last_block)
    const search = (versions: readonly (0 | 1 | 2)[]) => {
      const stages = [{ name: 'allP2wsh', versions, expiries: () => expiries } as const]
      const accounts = new AccountSearch({ keys, counters: 8, outputs, stages })
      while (!accounts.ended) accounts.advance(37)
      return accounts.found
        .map((found) => ({
          ...{ index: found.key.keyIndex, trader_key: found.key.key, value: Number(found.output.value) },
          ...{ expiry: found.expiry, batch_key: found.batchKey, outpoint: found.output.outpoint },
        }))
        .toSorted((a, b) => a.index - b.index)
    }
    const theirs = (one.found as readonly Found[]).map((found) => ({
      ...{ index: found.index, trader_key: found.trader_key, value: found.value },
      ...{ expiry: found.expiry, batch_key: found.batch_key, outpoint: found.outpoint },
    }))
    expect(search([0])).toEqual(theirs)
    const funded = one.account_keys.filter(({ kind }) => kind.startsWith('funded'))
    expect(search([0, 1, 2]).map(({ index }) => index)).toEqual(funded.map(({ index }) => index))
  })

  it.each(of('find_update'))('find update %i', (_, one) => {
    const tx = parse(one.tx)
    const account = {
      ...searchKey(one),
      version: accountVersion(one.version),
      expiry: one.expiry,
      batchKey: batchKey(one.batch_key),
    }
    const next = incrementBatchKey(account.batchKey)
    const bounds = [one.expiry, ...range(one.first_block, one.last_block + 1)]
    const theirs = locateOutput(tx, { key: account, batchKey: next, versions: [0], expiries: bounds })
    const told = one.found === true
    expect(theirs === undefined ? undefined : { ...theirs, value: Number(theirs.value) }).toEqual(
      told
        ? { outpoint: one.outpoint, value: one.value, version: 0, expiry: one.new_expiry, batchKey: one.new_batch_key }
        : undefined,
    )
    const ours = locateNext(account, tx, one.first_block, { from: one.first_block, to: one.last_block })
    if (told) expect(ours?.outpoint).toEqual(one.outpoint)
  })

  it('counts batch keys from the initial one', () => {
    for (const [, one] of of('locate')) expect(one.steps[0]?.batch_key).toBe(one.start_batch_key)
    expect(batchKeyOffset(INITIAL_BATCH_KEY, 0)).toBe(INITIAL_BATCH_KEY)
  })
})
