import { accountKey, batchKeyOffset, pointFromSecret } from '@tidepool/crypto'
import { batchVersion } from '@tidepool/market'
import { acting } from '../deed.ts'
import type { Crime, Misdeed, Words } from '../deed.ts'
import type { RawStream } from '../rawStream.ts'

const NOBODY = accountKey(pointFromSecret(new Uint8Array(32).fill(0x4d)))
const OTHER_NONCE = new Uint8Array(32).fill(2)

/** A stream of her own, beside the honest one; what it is refused with counts. */
const trying = (
  words: readonly [string, string],
  attempt: (stream: RawStream, crime: Crime) => Promise<void>,
): Misdeed =>
  acting('streams', [...words, { harmless: true }] as Words, async (crime) => {
    await attempt(crime.open(), crime).catch(crime.caught)
  })

/** Ends of the handshake that are not what they seem. */
export const STREAM_DEEDS: readonly Misdeed[] = [
  trying(['a commitment of 31 bytes', 'HANDSHAKE_BAD_COMMITMENT'], (stream) =>
    stream.say({ kind: 'commit', commitHash: new Uint8Array(31).fill(1), batchVersion: batchVersion(58) }),
  ),
  trying(['the same commitment twice', 'HANDSHAKE_BAD_COMMITMENT'], async (stream, { mallory }) => {
    await stream.commit(mallory.key)
    await stream.commit(mallory.key)
  }),
  ...[3, 12, 0x10, 0x4a, 0xffff_ffff].map((version) =>
    trying([`batch version ${version}`, 'HANDSHAKE_VERSION_UNSUPPORTED'], (stream) =>
      stream.say({ kind: 'commit', commitHash: new Uint8Array(32).fill(1), batchVersion: batchVersion(version) }),
    ),
  ),
  trying(['a subscription without a commitment', 'HANDSHAKE_NO_COMMITMENT'], (stream, { mallory }) => {
    const handshake = { key: mallory.key, nonce: OTHER_NONCE, commitHash: new Uint8Array(32) }
    return stream.subscribe(handshake, stream.sign(handshake, mallory))
  }),
  trying(['another nonce than the one committed to', 'HANDSHAKE_NO_COMMITMENT'], async (stream, { mallory }) => {
    const handshake = await stream.commit(mallory.key)
    await stream.subscribe({ ...handshake, nonce: OTHER_NONCE }, stream.sign(handshake, mallory))
  }),
  trying(['a nonce of 31 bytes for a commitment of zeros', 'HANDSHAKE_NO_COMMITMENT'], async (stream, { mallory }) => {
    const commitHash = new Uint8Array(32)
    await stream.say({ kind: 'commit', commitHash, batchVersion: batchVersion(58) })
    const handshake = { key: mallory.key, nonce: new Uint8Array(31), commitHash }
    await stream.subscribe(handshake, stream.sign(handshake, mallory))
  }),
  trying(['a handshake replayed on another stream', 'HANDSHAKE_NO_COMMITMENT'], async (stream, crime) => {
    const handshake = await stream.commit(crime.mallory.key)
    const other = crime.open()
    await other.subscribe(handshake, stream.sign(handshake, crime.mallory))
  }),
  trying(['an old signature under a new challenge', 'HANDSHAKE_BAD_SIGNATURE'], async (stream, crime) => {
    const handshake = await stream.commit(crime.mallory.key)
    const signature = stream.sign(handshake, crime.mallory)
    const other = crime.open()
    await other.commit(crime.mallory.key)
    await other.subscribe(handshake, signature)
  }),
  trying(
    ["another's account, signed with her own key", 'HANDSHAKE_BAD_SIGNATURE'],
    async (stream, { bob, mallory }) => {
      const handshake = await stream.commit(bob.key)
      await stream.subscribe(handshake, stream.sign(handshake, mallory))
    },
  ),
  trying(
    ["committed to her own account, opened with another's", 'HANDSHAKE_NO_COMMITMENT'],
    async (stream, { bob, mallory }) => {
      const handshake = await stream.commit(mallory.key)
      await stream.subscribe({ ...handshake, key: bob.key }, stream.sign(handshake, mallory))
    },
  ),
  ...[new Uint8Array(), new Uint8Array(64), new Uint8Array(71).fill(0x30), new Uint8Array(1 << 20)].map((signature) =>
    trying(
      [`a handshake signature of ${signature.length} bytes`, 'HANDSHAKE_BAD_SIGNATURE'],
      async (stream, { mallory }) => stream.subscribe(await stream.commit(mallory.key), signature),
    ),
  ),
  trying(['a recovery without a handshake', 'STREAM_PROTOCOL'], (stream, { mallory }) =>
    stream.say({ kind: 'recover', traderKey: mallory.key }),
  ),
  trying(["the recovery of another's account", 'STREAM_PROTOCOL'], async (stream, { bob }) => {
    await stream.say({ kind: 'recover', traderKey: bob.key })
  }),
  trying(['an account that does not exist', 'none'], async (stream, { mallory, caught }) => {
    const handshake = await stream.commit(NOBODY)
    await stream.subscribe(handshake, stream.sign(handshake, mallory)).catch(caught)
  }),
  trying(['more handshakes begun than anyone needs', 'HANDSHAKE_TOO_MANY'], async (stream, { mallory }) => {
    for (let i = 0; i < 2000; i++) {
      const nonce = new Uint8Array(32).fill(3)
      new DataView(nonce.buffer).setUint32(0, i)
      await stream.commit(mallory.key, nonce)
    }
  }),
  acting(
    'streams',
    ['a second stream for her account in the middle of a batch', 'streamLost', { at: 'accept' }],
    async (crime) => {
      const stream = crime.open()
      const handshake = await stream.commit(crime.mallory.key)
      await stream.subscribe(handshake, stream.sign(handshake, crime.mallory))
    },
  ),
  acting(
    'streams',
    ['her own orders recovered away in the middle of a batch', 'none', { at: 'accept' }],
    async ({ session, mallory }) => {
      await session?.receive({ kind: 'recover', traderKey: mallory.keyOf(2) })
    },
  ),
  acting(
    'streams',
    ['answers to a batch of the future', 'ANSWER_UNASKED', { at: 'accept', harmless: true }],
    async ({ session, world }) => {
      const { batchKey } = world.auctioneer.auctioneer.ledger.auction
      for (let i = 1; i < 100; i++) await session?.receive({ kind: 'accept', batchId: batchKeyOffset(batchKey, i) })
    },
  ),
]
