import { randomBytes } from 'node:crypto'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { concatBytes, fromHex, sha256 } from '@tidepool/crypto'
import { hashBytes } from '../chain/block.ts'
import { FAMILY, type KeyLocator, type KeyRing } from '../keys/keyRing.ts'
import { csvDelay } from './balances.ts'
import type { Channel, ChannelKeys } from './channel.ts'
import { CHAIN_HASH, shortChannelId } from './channelMessages.ts'
import { TYPE_FACTS } from './channelType.ts'

/** Set when data for a unilateral close follows the fixed fields. */
const WITH_CLOSING_DATA = 0x80
const IPV4 = 1

/** Static channel backup of one channel, encrypted as lnd does. lnd chanbackup/single.go, lnencrypt/ */
export function exportBackup(ring: KeyRing, channel: Channel, peerHost: string): Uint8Array {
  const key = sha256(ring.publicKey({ family: FAMILY.backup, index: 0 }))
  const nonce = Uint8Array.from(randomBytes(24))
  return concatBytes(nonce, xchacha20poly1305(key, nonce, nonce).encrypt(plainBackup(channel, peerHost)))
}

function plainBackup(channel: Channel, peerHost: string): Uint8Array {
  const version = TYPE_FACTS[channel.type].backupVersion | WITH_CLOSING_DATA
  const body = concatBytes(
    Uint8Array.of(channel.initiator ? 1 : 0),
    CHAIN_HASH,
    hashBytes(channel.txid),
    uint16(channel.index),
    scidBytes(shortChannelId(channel)),
    fromHex(channel.peer),
    addressList(peerHost),
    uint64(channel.capacity),
    uint16(csvDelay(channel.capacity)),
    ...locatorsOf(channel),
    uint16(csvDelay(channel.capacity)),
    ...keysOf(channel.remote),
    new Uint8Array(33),
    locatorBytes(channel.local.locators.revocationRoot),
    channel.type === 'SCRIPT_ENFORCED_LEASE' ? uint32(channel.thawHeight) : new Uint8Array(),
    closingData(channel),
  )
  return concatBytes(Uint8Array.of(version), uint16(body.length), body)
}

function locatorsOf({ local: { locators } }: Channel): readonly Uint8Array[] {
  const { multiSig, revocation, payment, delay, htlc } = locators
  return [multiSig, revocation, payment, delay, htlc].map(locatorBytes)
}

const keysOf = (keys: ChannelKeys): readonly Uint8Array[] => [
  keys.multiSig,
  keys.revocation,
  keys.payment,
  keys.delay,
  keys.htlc,
]

/** Stands for the commitment transaction that a real backup ends with; decoders skip it. */
function closingData(channel: Channel): Uint8Array {
  return concatBytes(channel.fundingScript, sha256(channel.fundingScript), uint64(0n))
}

const locatorBytes = (locator: KeyLocator): Uint8Array => concatBytes(uint32(locator.family), uint32(locator.index))

function addressList(host: string): Uint8Array {
  const [ip = '', port = '0'] = host.split(':')
  const address = concatBytes(Uint8Array.of(IPV4), Uint8Array.from(ip.split('.').map(Number)), uint16(Number(port)))
  return concatBytes(uint16(address.length), address)
}

/** 3 bytes height, 3 bytes transaction index, 2 bytes output. */
const scidBytes = (scid: bigint): Uint8Array => uint64(scid)

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff)
}

function uint32(value: number): Uint8Array {
  const out = new DataView(new ArrayBuffer(4))
  out.setUint32(0, value)
  return new Uint8Array(out.buffer)
}

function uint64(value: bigint): Uint8Array {
  const out = new DataView(new ArrayBuffer(8))
  out.setBigUint64(0, value)
  return new Uint8Array(out.buffer)
}
