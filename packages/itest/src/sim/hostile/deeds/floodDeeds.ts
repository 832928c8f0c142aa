import { accountKey, batchKeyOffset, pointFromSecret, sha256 } from '@tidepool/crypto'
import { expect } from 'vitest'
import { acting } from '../deed.ts'
import type { Crime, Misdeed } from '../deed.ts'

/** Longer than a stream without an account may last. */
const LONG_MS = 121_000
/** Of the honest three: two, and mallory's two. */
const ACCOUNTS = 4

const key = (i: number) => accountKey(pointFromSecret(sha256(Uint8Array.of(i & 255, i >> 8, 3))))

const strangers = ({ world }: Crime): number => world.auctioneer.auctioneer.strangers.size

const HARMLESS = { harmless: true } as const

/** None of them is left after a while. */
const gone = { ms: LONG_MS, check: (crime: Crime) => expect(strangers(crime)).toBe(0) }

/** More than anyone needs of anything. */
export const FLOOD_DEEDS: readonly Misdeed[] = [
  {
    ...acting('floods', ['five thousand streams that say nothing', 'none', HARMLESS], (crime) => {
      for (let i = 0; i < 5000; i++) crime.open(`10.0.0.${i % 200}`)
      expect(strangers(crime)).toBe(5000)
    }),
    later: gone,
  },
  {
    ...acting('floods', ['a thousand streams half way through a handshake', 'none', HARMLESS], async (crime) => {
      for (let i = 0; i < 1000; i++) await crime.open().commit(crime.bob.key)
      expect(strangers(crime)).toBe(1000)
    }),
    later: gone,
  },
  {
    ...acting('floods', ['a hundred handshakes for accounts that do not exist', 'none', HARMLESS], async (crime) => {
      const stream = crime.open()
      for (let i = 0; i < 100; i++) {
        const handshake = await stream.commit(key(i))
        await stream.subscribe(handshake, stream.sign(handshake, crime.mallory)).catch(() => undefined)
      }
      expect(crime.world.auctioneer.auctioneer.registry.subscribedAccounts).toBe(ACCOUNTS)
    }),
    later: gone,
  },
  acting(
    'floods',
    ['ten thousand answers to nothing in the middle of a batch', 'ANSWER_UNASKED', { harmless: true, at: 'accept' }],
    async ({ open, world }) => {
      const stream = open()
      const batchId = batchKeyOffset(world.auctioneer.auctioneer.ledger.auction.batchKey, 5)
      for (let i = 0; i < 10_000; i++) await stream.say({ kind: 'accept', batchId })
    },
  ),
]
