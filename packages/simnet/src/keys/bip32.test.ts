import { HDKey } from '@scure/bip32'
import { sha256, toHex } from '@tidepool/crypto'
import { expect, test } from 'vitest'
import { childOf, keyFromSeed, publicKeyOf } from './bip32.ts'
import { hardened } from './keyRing.ts'

test.each([
  ['the master key', []],
  ['a hardened child', [hardened(84)]],
  ['a plain child', [3]],
  ['a key of lnd', [hardened(1017), hardened(1), hardened(6), 0, 7]],
])('%s is that of the library', (_, path: readonly number[]) => {
  const seed = sha256(Buffer.from('seed'))
  const ours = path.reduce(childOf, keyFromSeed(seed))
  const theirs = path.reduce((key, index) => key.deriveChild(index), HDKey.fromMasterSeed(seed))
  expect(toHex(ours.secret)).toBe(toHex(theirs.privateKey ?? new Uint8Array()))
  expect(toHex(publicKeyOf(ours))).toBe(toHex(theirs.publicKey ?? new Uint8Array()))
})
