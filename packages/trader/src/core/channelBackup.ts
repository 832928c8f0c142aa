import { fromHex, nodeKey, openXChaCha, pubKey, sha256, toHex, txidFromBytes, outPoint } from '@tidepool/crypto'
import type { NodeKey, OutPoint, PubKey } from '@tidepool/crypto'
import type { ChannelInfo, ChannelInfoType } from '@tidepool/market'
import type { LeasedChannel } from './channelShim.ts'
import { TraderError } from './errors.ts'

/** Place in lnd's wallet of the key that encrypts backups. lnd keychain/derivation.go */
export const BACKUP_KEY = { family: 7, index: 0 } as const

const NONCE_BYTES = 24
/** Set in the version byte when closing data follows the body (lnd from 0.19). */
const CLOSING_DATA_FLAG = 0x80
const LEASE_VERSION = 4

/** The part of a static channel backup we need. lnd chanbackup/single.go, spec lnd §13 */
export interface ChannelBackup {
  readonly version: number
  readonly isInitiator: boolean
  readonly outpoint: OutPoint
  readonly remoteNodeKey: NodeKey
  readonly capacity: bigint
  readonly localFundingKey: { readonly family: number; readonly index: number }
  readonly localPaymentBase: { readonly family: number; readonly index: number }
  readonly remoteFundingKey: PubKey
  readonly remotePaymentBase: PubKey
  /** Script-enforced leases only. */
  readonly leaseExpiry: number | undefined
}

/** Opens what `ExportChannelBackup` returns; `key` is the public key at BACKUP_KEY. @throws TraderError BACKUP_UNREADABLE */
export function decryptBackup(blob: Uint8Array, key: PubKey): Uint8Array {
  const nonce = blob.subarray(0, NONCE_BYTES)
  if (nonce.length !== NONCE_BYTES) throw unreadable('too short')
  try {
    return openXChaCha(blob.subarray(NONCE_BYTES), { key: sha256(fromHex(key)), nonce, associated: nonce })
  } catch (cause) {
    throw unreadable('not encrypted with the key of this node', cause)
  }
}

/** @throws TraderError BACKUP_UNREADABLE */
export function decodeBackup(plain: Uint8Array): ChannelBackup {
  try {
    return readBackup(plain)
  } catch (cause) {
    if (cause instanceof TraderError) throw cause
    throw unreadable('not a channel backup', cause)
  }
}

function readBackup(plain: Uint8Array): ChannelBackup {
  const reader = new Reader(plain)
  const version = reader.uint(1) & ~CLOSING_DATA_FLAG
  reader.uint(2) // length of the body
  const isInitiator = reader.uint(1) === 1
  reader.bytes(32) // chain
  const txid = txidFromBytes(reader.bytes(32))
  const outpoint = outPoint(txid, reader.uint(2))
  reader.bytes(8) // short channel id
  const remoteNodeKey = nodeKey(reader.bytes(33))
  reader.bytes(reader.uint(2)) // addresses
  const capacity = reader.uint64()
  reader.uint(2) // local delay
  const local = Array.from({ length: 5 }, () => ({ family: reader.uint(4), index: reader.uint(4) }))
  reader.uint(2) // remote delay
  const remote = Array.from({ length: 5 }, () => reader.bytes(33))
  reader.bytes(33 + 8) // revocation root
  const leaseExpiry = version === LEASE_VERSION ? reader.uint(4) : undefined
  const [localFundingKey, , localPaymentBase] = local
  const [remoteFunding, , remotePayment] = remote
  if (!localFundingKey || !localPaymentBase || !remoteFunding || !remotePayment) throw unreadable('keys missing')
  return {
    ...{ version, isInitiator, outpoint, remoteNodeKey, capacity, localFundingKey, localPaymentBase, leaseExpiry },
    remoteFundingKey: pubKey(remoteFunding),
    remotePaymentBase: pubKey(remotePayment),
  }
}

class Reader {
  #at = 0
  readonly #data: Uint8Array

  constructor(data: Uint8Array) {
    this.#data = data
  }

  bytes(length: number): Uint8Array {
    const out = this.#data.slice(this.#at, this.#at + length)
    if (out.length !== length) throw unreadable('ends too early')
    this.#at += length
    return out
  }

  uint(length: 1 | 2 | 4): number {
    return this.bytes(length).reduce((sum, byte) => sum * 256 + byte, 0)
  }

  uint64(): bigint {
    return BigInt(`0x${toHex(this.bytes(8))}`)
  }
}

/** Kinds the auctioneer knows. Pool chaninfo/channel_info.go. @throws TraderError BACKUP_UNREADABLE */
export function backupType(version: number): ChannelInfoType {
  switch (version) {
    case 1:
      return 'tweakless'
    case 2:
    case 3:
      return 'anchors'
    case 4:
      return 'scriptEnforcedLease'
    case 5:
      return 'simpleTaproot'
    default:
      throw unreadable(`channel kind ${version} is not known`)
  }
}

/**
 * Compares what lnd stored with what the batch agreed: lnd itself trusts the peer on amount, keys and outpoint
 * (spec lnd §11.2). Signing before this passes could pay into an output that the channel cannot spend.
 * @throws TraderError CHANNEL_MISMATCH
 */
export function checkBackup(backup: ChannelBackup, channel: LeasedChannel): void {
  const { shim } = channel
  same('transaction', shim.outpoint.txid, backup.outpoint.txid)
  same('output', shim.outpoint.index, backup.outpoint.index)
  same('node', channel.peer, backup.remoteNodeKey)
  same('capacity', shim.capacity as bigint, backup.capacity)
  same('remote funding key', shim.remoteKey, backup.remoteFundingKey)
  same('funding key family', shim.localKey.family, backup.localFundingKey.family)
  same('funding key index', shim.localKey.index, backup.localFundingKey.index)
  same('initiator', channel.role === 'asker', backup.isInitiator)
  const type = backupType(backup.version)
  if (channel.commitment !== 'unspecified') same('type', channel.commitment as string, type)
  if (type === 'scriptEnforcedLease') same('lease expiry', shim.thawHeight, backup.leaseExpiry ?? 0)
}

function same<T extends string | number | bigint | boolean>(field: string, expected: T, got: T): void {
  if (expected === got) return
  throw new TraderError(
    { code: 'CHANNEL_MISMATCH', field, expected: String(expected), got: String(got) },
    `lnd's channel has another ${field} than the batch`,
  )
}

/** What the auctioneer is told of a channel. */
export function channelInfo(backup: ChannelBackup, localNodeKey: NodeKey, localPaymentBasePoint: PubKey): ChannelInfo {
  return {
    type: backupType(backup.version),
    localNodeKey,
    remoteNodeKey: backup.remoteNodeKey,
    localPaymentBasePoint,
    remotePaymentBasePoint: backup.remotePaymentBase,
  }
}

function unreadable(reason: string, cause?: unknown): TraderError {
  return new TraderError({ code: 'BACKUP_UNREADABLE', reason }, `channel backup: ${reason}`, { cause })
}
