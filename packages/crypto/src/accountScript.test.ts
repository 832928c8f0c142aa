import { describe, expect, test } from 'vitest'
import { bytes, loadCases } from '../test/loadVectors.ts'
import { accountOutput, accountScript, accountVersion } from './accountScript.ts'
import type { AccountScriptParams } from './accountScript.ts'
import { scriptToAddress } from './address.ts'
import { concatBytes, toHex } from './bytes.ts'
import { pointFromSecret } from './curve.ts'
import { sha256 } from './hash.ts'
import { accountKey, batchKey, pubKey } from './ids.ts'
import { INITIAL_BATCH_KEY, accountSecret, incrementBatchKey } from './keys.ts'
import { tapTweakHash } from './script.ts'
import { blockHeight } from './units.ts'

interface Case {
  readonly version: number
  readonly expiry: number | string
  readonly trader_key: string
  readonly auctioneer_key: string
  readonly batch_key: string
  readonly secret: string
  readonly error?: string
  readonly trader_key_tweak: string
  readonly tweaked_trader_key: string
  readonly auctioneer_key_tweak: string
  readonly tweaked_auctioneer_key: string
  readonly witness_script: string
  readonly expiry_leaf_script: string
  readonly merkle_root: string
  readonly aggregate_key: string
  readonly internal_key_xonly: string
  readonly taproot_tweak: string
  readonly output_key: string
  readonly output_key_xonly: string
  readonly control_block: string
  readonly pk_script: string
  readonly address_regtest: string
  readonly address_mainnet: string
  readonly next_batch_key: string
  readonly next_pk_script: string
}

const cases = loadCases<Case>('account-scripts')
const good = cases.filter((entry) => entry.error === undefined)
const refused = cases.filter((entry) => entry.error !== undefined)

const paramsOf = (entry: Case): AccountScriptParams => ({
  version: accountVersion(entry.version),
  traderKey: accountKey(entry.trader_key),
  auctioneerKey: pubKey(entry.auctioneer_key),
  batchKey: batchKey(entry.batch_key),
  secret: bytes(entry.secret),
  expiry: blockHeight(Number(entry.expiry)),
})

describe('account outputs, Pool vectors', () => {
  test.each(good)('version $version, expiry $expiry, $trader_key', (entry) => {
    const params = paramsOf(entry)
    const output = accountOutput(params)
    expect(toHex(output.script)).toBe(entry.pk_script)
    expect(toHex(output.traderTweak)).toBe(entry.trader_key_tweak)
    expect(output.tweakedTraderKey).toBe(entry.tweaked_trader_key)
    expect(scriptToAddress(output.script, 'regtest')).toBe(entry.address_regtest)
    expect(scriptToAddress(output.script, 'mainnet')).toBe(entry.address_mainnet)
    const next = incrementBatchKey(params.batchKey)
    expect(next).toBe(entry.next_batch_key)
    expect(toHex(accountScript({ ...params, batchKey: next }))).toBe(entry.next_pk_script)
    if (output.kind === 'p2wsh') {
      expect(toHex(output.auctioneerTweak)).toBe(entry.auctioneer_key_tweak)
      expect(output.tweakedAuctioneerKey).toBe(entry.tweaked_auctioneer_key)
      expect(toHex(output.witnessScript)).toBe(entry.witness_script)
      return
    }
    expect(toHex(output.leafScript)).toBe(entry.expiry_leaf_script)
    expect(toHex(output.merkleRoot)).toBe(entry.merkle_root)
    expect(toHex(output.aggregateKey.untweaked)).toBe(entry.aggregate_key)
    expect(toHex(output.aggregateKey.point)).toBe(entry.output_key)
    expect(toHex(output.internalKey)).toBe(entry.internal_key_xonly)
    expect(toHex(tapTweakHash(output.internalKey, output.merkleRoot))).toBe(entry.taproot_tweak)
    expect(toHex(output.outputKey)).toBe(entry.output_key_xonly)
    expect(toHex(output.controlBlock)).toBe(entry.control_block)
  })

  test.each(refused)('$error', (entry) => {
    expect(() => paramsOf(entry)).toThrow(`no account version ${entry.version}`)
  })

  test('there are cases of both kinds', () => {
    expect([good.length, refused.length]).toEqual([144, 3])
  })
})

const text = (value: string) => new TextEncoder().encode(value)

/** Literal values published with the account rules, computed with btcec and checked there. */
describe('worked examples', () => {
  const a = {
    traderKey: accountKey('036b51e0cc2d9e5988ee4967e0ba67ef3727bb633fea21a0af58e0c9395446ba09'),
    auctioneerKey: pubKey('02187d1a0e30f4e5016fc1137363ee9e7ed5dde1e6c50f367422336df7a108b716'),
    batchKey: INITIAL_BATCH_KEY,
    secret: concatBytes(bytes('736563726574'), new Uint8Array(26)),
    expiry: blockHeight(1337),
  }
  const trader = sha256(text('trader5'))
  const auctioneer = sha256(text('auctioneer'))
  const auctioneerKey = pubKey(pointFromSecret(auctioneer))
  const b = {
    traderKey: accountKey(pointFromSecret(trader)),
    auctioneerKey,
    batchKey: INITIAL_BATCH_KEY,
    secret: accountSecret(trader, auctioneerKey),
    expiry: blockHeight(840_000),
  }
  const next = { ...b, batchKey: incrementBatchKey(INITIAL_BATCH_KEY) }

  test.each([
    ['A', a, 0, '002071ab580e6c690428f2b9c656e75ff84c77223ce85c0943a3ca393808fbbcc02a'],
    ['A', a, 1, '512050f9c992309bb9cac923292670587c80eb3e201dbe2fa195cb80211b5d406161'],
    ['A', a, 2, '512006a59bc8f3501373ad8715ccc7861b6b2ff3a9febcbf4c07d1298abf39d6bd3e'],
    ['B', b, 0, '0020affe1d1d9c11c8f8e7622f1cb4929ab239f4ba4bf47ee04c161e227a35753879'],
    ['B', b, 1, '512060f034b06dfdc68cdaf9d6b567b8e18e67d1ceaa301f1ee54247c491fadeb217'],
    ['B', b, 2, '5120bedfb1d00b5a1a87ea62ad4e0492ab7f97607be0b4c20a05a906f6b449f6aef8'],
    ['B, next batch', next, 0, '0020cfcfaf9a3e78bf1e042861fcaa805c72f110965c824a6bb55bff842c8195bf66'],
    ['B, next batch', next, 1, '5120734830080ea66f005b64ee394029d43aab23f78113dc78285b94c032cb953a45'],
    ['B, next batch', next, 2, '51200ee24e9fdabed006c5b9045f409ef328f5788b667666b8bd69264eff74a276cf'],
  ] as const)('%s version %#', (_, params, version, script) => {
    expect(toHex(accountScript({ ...params, version }))).toBe(script)
  })

  test('A in parts', () => {
    const output = accountOutput({ ...a, version: 0 })
    expect(toHex(output.traderTweak)).toBe('7a53e8a341aa0cf5fc3e05aae890b8418eaf497a41be59c394485f54623bec6f')
    expect(toHex(output.auctioneerTweak)).toBe('8514097ee67dc428091aec6c6656316726b11039635776110fe4399ab77d9c4d')
    expect(output.kind === 'p2wsh' && toHex(output.witnessScript)).toBe(
      '2103220b61308e53a6ee6079a637809ea86511646fe01a24334e481a35e63c9d5e17ad21021880847006f55cffe06ba6c2d26a8e7d07431' +
        '5ed7fee8a2454a424c40f98e587ac7364023905b168',
    )
  })

  test.each([
    ['A', a, 1, '03e63750bbc01fcfce7660e2d7e977079177cd2bc664effbed081545989a8d8a1b', 0xc0],
    ['A', a, 2, '02ceac251b44da6fafa6e28944a3445fa990dccbfcee233aea1a69e2c963302447', 0xc0],
    ['B', b, 1, '031c53a02288ece12a90e38f80e7889bebbe34f9169557c63adc1d927325160cef', 0xc1],
    ['B', b, 2, '02f0e86b70de55b5e14ba803ff5b13f0bd2257e3450468a83ddc2c5a6509d0a2e3', 0xc1],
    ['B, next batch', next, 1, '031c53a02288ece12a90e38f80e7889bebbe34f9169557c63adc1d927325160cef', 0xc0],
    ['B, next batch', next, 2, '02f0e86b70de55b5e14ba803ff5b13f0bd2257e3450468a83ddc2c5a6509d0a2e3', 0xc0],
  ] as const)('%s version %#: aggregate and control block', (_, params, version, aggregate, control) => {
    const output = accountOutput({ ...params, version })
    if (output.kind !== 'p2tr') throw new Error('expected taproot')
    expect(toHex(output.aggregateKey.untweaked)).toBe(aggregate)
    expect(toHex(output.controlBlock)).toBe(control.toString(16) + aggregate.slice(2))
  })

  test('leaf and root of A and B', () => {
    const parts = [a, b].map((params) => {
      const output = accountOutput({ ...params, version: 2 })
      return output.kind === 'p2tr' ? [toHex(output.leafScript), toHex(output.merkleRoot)] : []
    })
    expect(parts).toEqual([
      [
        '20220b61308e53a6ee6079a637809ea86511646fe01a24334e481a35e63c9d5e17ad023905b1',
        '9a6b77b0d28f5682b801531ff7415b93e90a9f755c7348dc04a74336effd6878',
      ],
      [
        '2099c13a0a05399ac9a4c2344ac0cba4125e24c426a7b88cb9bf02f3a467945b07ad0340d10cb1',
        '9bce7f515ffda4750b60f2b1a6b944d229afcc7c460603fe786adde19ac6dbba',
      ],
    ])
  })
})
