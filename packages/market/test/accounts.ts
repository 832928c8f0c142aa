import {
  INITIAL_BATCH_KEY,
  accountKey,
  accountSecret,
  blockHeight,
  pointFromSecret,
  pubKey,
  satoshi,
  sha256,
  txid,
} from '@tidepool/crypto'
import type { AccountVersion, TxOutput } from '@tidepool/crypto'
import type { Account } from '../src/index.ts'

export const TRADER_SECRET = sha256(new TextEncoder().encode('trader'))
export const AUCTIONEER_SECRET = sha256(new TextEncoder().encode('auctioneer'))
const auctioneerKey = pubKey(pointFromSecret(AUCTIONEER_SECRET))

export interface TestAccount {
  readonly version?: AccountVersion
  readonly value?: bigint | number
  readonly expiry?: number
}

/** An account with fixed keys. */
export function testAccount({ version = 0, value = 1_000_000, expiry = 2_000 }: TestAccount = {}): Account {
  return {
    key: accountKey(pointFromSecret(TRADER_SECRET)),
    value: satoshi(value),
    expiry: blockHeight(expiry),
    version,
    auctioneerKey,
    batchKey: INITIAL_BATCH_KEY,
    secret: accountSecret(TRADER_SECRET, auctioneerKey),
    outpoint: { txid: txid('aa'.repeat(32)), index: 1 },
  }
}

/** Scripts of each kind an address stands for, made of one byte. */
export const scripts = {
  p2wkh: (fill: number): Uint8Array => Uint8Array.of(0x00, 20, ...bytes(20, fill)),
  p2wsh: (fill: number): Uint8Array => Uint8Array.of(0x00, 32, ...bytes(32, fill)),
  p2tr: (fill: number): Uint8Array => Uint8Array.of(0x51, 32, ...bytes(32, fill)),
  p2sh: (fill: number): Uint8Array => Uint8Array.of(0xa9, 20, ...bytes(20, fill), 0x87),
  p2pkh: (fill: number): Uint8Array => Uint8Array.of(0x76, 0xa9, 20, ...bytes(20, fill), 0x88, 0xac),
}

/** scriptSig of a nested P2WKH. */
export const nestedScriptSig = (fill: number): Uint8Array => Uint8Array.of(22, 0x00, 20, ...bytes(20, fill))

export const pay = (value: bigint | number, script: Uint8Array): TxOutput => ({ value: satoshi(value), script })

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill)
