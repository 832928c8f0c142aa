import { describe, expect, test } from 'vitest'
import { bytes } from '../test/loadVectors.ts'
import { addressToScript, scriptToAddress } from './address.ts'
import type { Network } from './address.ts'
import { toHex } from './bytes.ts'
import { p2wpkhScript } from './script.ts'

const key = bytes('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')
const networks = ['mainnet', 'testnet', 'regtest', 'simnet'] as const
const scripts = {
  p2wpkh: p2wpkhScript(key),
  p2wsh: bytes('0020' + '11'.repeat(32)),
  p2tr: bytes('5120' + toHex(key.subarray(1))),
  p2pkh: bytes('76a914' + '22'.repeat(20) + '88ac'),
  p2sh: bytes('a914' + '33'.repeat(20) + '87'),
}

describe('addresses', () => {
  test.each(networks)('every kind on %s, there and back', (network: Network) => {
    for (const script of Object.values(scripts)) {
      const address = scriptToAddress(script, network) ?? ''
      expect(toHex(addressToScript(address, network))).toBe(toHex(script))
      for (const other of networks.filter((name) => name !== network)) {
        // Base58 addresses of testnet and regtest are the same.
        const shared = /^[mn2]/.test(address) && other !== 'mainnet' && other !== 'simnet' && network !== 'simnet'
        if (shared) expect(toHex(addressToScript(address, other))).toBe(toHex(script))
        else expect(() => addressToScript(address, other)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }))
      }
    }
  })

  test('known addresses of the key 1 (BIP-173)', () => {
    expect(scriptToAddress(scripts.p2wpkh, 'mainnet')).toBe('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4')
    expect(scriptToAddress(scripts.p2wpkh, 'testnet')).toBe('tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx')
  })

  test.each([
    '',
    'x',
    'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5',
    'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y',
    '1111',
  ])('refused: %s', (text) => {
    expect(() => addressToScript(text, 'mainnet')).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }))
  })

  test.each(['', '6a', '51', '21' + toHex(key) + 'ac'])('script without address: %s', (script) => {
    expect(scriptToAddress(bytes(script), 'regtest')).toBeUndefined()
  })
})
