import { decodePsbt, fromHex, toHex } from '@tidepool/crypto'
import { describe, expect, it } from 'vitest'
import { accountIn } from '../../../test/kit/samples.ts'
import { isFunded } from '../account.ts'
import { exitKit } from './exitKit.ts'
import type { KitFacts } from './exitFacts.ts'
import { base64 } from './sweep.ts'

const TO = fromHex(`5120${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}`)

describe('an exit kit', () => {
  it.each([0, 1, 2] as const)('of version %i pays everything but the fee to the owner, after the expiry', (version) => {
    const open = accountIn('open')
    if (!isFunded(open)) throw new Error('an open account is funded')
    const account = { ...open, version }
    const kit = exitKit(account, TO, 'regtest')
    const facts = JSON.parse(kit.json) as KitFacts
    expect(facts.sweeps.length).toBeGreaterThan(3)
    for (const sweep of facts.sweeps) {
      expect(BigInt(sweep.value_sat + sweep.fee_sat)).toBe(account.value)
      const { unsigned } = decodePsbt(new Uint8Array(Buffer.from(sweep.psbt, 'base64')))
      expect(unsigned.lockTime).toBe(account.expiry)
      expect(unsigned.inputs.map(({ prevout }) => prevout)).toEqual([account.outpoint])
      expect([...unsigned.outputs]).toEqual([{ value: BigInt(sweep.value_sat), script: TO }])
      expect(unsigned.inputs.at(0)?.sequence).toBeLessThan(0xffff_ffff)
      const bare = sweep.unsigned_tx
      expect(
        `${sweep.tx_before_witness.slice(0, 8)}${sweep.tx_before_witness.slice(12)}${sweep.tx_after_witness}`,
      ).toBe(bare)
    }
    expect(kit.script).toContain('/v2/signer/signraw')
    expect(kit.text).toContain(String(account.expiry))
    expect(kit.json + kit.text + kit.script).not.toContain(toHex(account.secret))
  })

  it('writes base64 as everybody does', () => {
    for (let length = 0; length < 9; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 31)
      expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
    }
  })
})
