import { expect, test } from 'vitest'
import { bytes } from '../test/loadVectors.ts'
import { concatBytes, toHex } from './bytes.ts'
import { pointFromSecret, signEcdsa } from './curve.ts'
import { derEncode, verifyDer, withoutSighashAll } from './der.ts'
import { sha256 } from './hash.ts'
import { batchKey, idToBytes, outPoint, pubKey, txid } from './ids.ts'
import { INITIAL_BATCH_KEY, incrementBatchKey, tweakSecret } from './keys.ts'
import { masterAccountOutput, masterAccountWitness } from './masterAccount.ts'
import { SighashCache } from './sighash.ts'
import { satoshi } from './units.ts'

const secret = new Uint8Array(32).fill(7)
const auctioneerKey = pubKey(pointFromSecret(secret))

test('the output is P2WSH of one tweaked key, another for every batch', () => {
  const output = masterAccountOutput({ auctioneerKey, batchKey: INITIAL_BATCH_KEY })
  expect(output.tweak).toEqual(sha256(bytes(INITIAL_BATCH_KEY), bytes(auctioneerKey)))
  expect(toHex(output.witnessScript)).toBe(`21${output.tweakedKey}ac`)
  expect(output.script).toEqual(concatBytes(Uint8Array.of(0, 32), sha256(output.witnessScript)))
  const next = masterAccountOutput({ auctioneerKey, batchKey: incrementBatchKey(batchKey(INITIAL_BATCH_KEY)) })
  expect(toHex(next.script)).not.toBe(toHex(output.script))
})

test('the tweaked secret spends it', () => {
  const output = masterAccountOutput({ auctioneerKey, batchKey: INITIAL_BATCH_KEY })
  const prevout = outPoint(txid('00'.repeat(32)), 0)
  const input = { prevout, scriptSig: new Uint8Array(), sequence: 0, witness: [] }
  const tx = { version: 2, inputs: [input], outputs: [], lockTime: 0 }
  const digest = new SighashCache(tx, [{ value: satoshi(1), script: output.script }]).segwitV0(0, output.witnessScript)
  const signature = derEncode(signEcdsa(digest, tweakSecret(secret, output.tweak)))
  const [element, script] = masterAccountWitness(output, signature)
  expect(script).toEqual(output.witnessScript)
  expect(verifyDer(digest, idToBytes(output.tweakedKey), withoutSighashAll(element ?? new Uint8Array()))).toBe(true)
})
