import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { concatBytes, fromHex, idToBytes, sha256, txidToBytes } from '@tidepool/crypto'
import type { NodeKey, OutPoint, PubKey } from '@tidepool/crypto'
import { keyOf } from './samples.ts'

/** What the test wants in a static channel backup; the rest is filled with fixed bytes. */
export interface BackupContent {
  readonly version: number
  readonly isInitiator: boolean
  readonly outpoint: OutPoint
  readonly remoteNode: NodeKey
  readonly capacity: bigint
  readonly fundingKey: { readonly family: number; readonly index: number }
  readonly remoteFundingKey: PubKey
  readonly leaseExpiry?: number
  /** Sets the flag of newer lnds and appends data. */
  readonly closingData?: boolean
}

const uint = (value: number | bigint, length: number): Uint8Array =>
  fromHex(
    BigInt(value)
      .toString(16)
      .padStart(length * 2, '0'),
  )

/** Plaintext of lnd chanbackup/single.go, spec lnd §13. */
export function backupBytes(content: BackupContent): Uint8Array {
  const locators = [
    content.fundingKey,
    { family: 1, index: 8 },
    { family: 3, index: 9 },
    { family: 4, index: 10 },
    { family: 2, index: 11 },
  ]
  const remote = [
    content.remoteFundingKey,
    ...['revocation', 'payment', 'delay', 'htlc'].map((name) => keyOf(`remote ${name}`)),
  ]
  const body = concatBytes(
    uint(content.isInitiator ? 1 : 0, 1),
    new Uint8Array(32).fill(6),
    txidToBytes(content.outpoint.txid),
    uint(content.outpoint.index, 2),
    new Uint8Array(8),
    idToBytes(content.remoteNode),
    uint(7, 2),
    new Uint8Array(7).fill(1),
    uint(content.capacity, 8),
    uint(144, 2),
    ...locators.flatMap(({ family, index }) => [uint(family, 4), uint(index, 4)]),
    uint(144, 2),
    ...remote.map((key) => idToBytes(key)),
    new Uint8Array(33),
    uint(5, 4),
    uint(12, 4),
    content.leaseExpiry === undefined ? new Uint8Array() : uint(content.leaseExpiry, 4),
    content.closingData === true ? new Uint8Array(20).fill(3) : new Uint8Array(),
  )
  const flag = content.closingData === true ? 0x80 : 0
  return concatBytes(uint(content.version | flag, 1), uint(body.length, 2), body)
}

/** As `ExportChannelBackup` returns it, for the node whose backup key is `key`. */
export function sealBackup(plain: Uint8Array, key: PubKey): Uint8Array {
  const nonce = new Uint8Array(24).fill(5)
  return concatBytes(nonce, xchacha20poly1305(sha256(fromHex(key)), nonce, nonce).encrypt(plain))
}
