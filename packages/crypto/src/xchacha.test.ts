import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from './bytes.ts'
import { openXChaCha } from './xchacha.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

describe('XChaCha20-Poly1305', () => {
  it('opens the example of the draft, appendix A.3.1', () => {
    const key = fromHex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
    const nonce = fromHex('404142434445464748494a4b4c4d4e4f5051525354555657')
    const associated = fromHex('50515253c0c1c2c3c4c5c6c7')
    const sealed = fromHex(
      'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c2' +
        '16cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c6' +
        '8b13b52ec0875924c1c7987947deafd8780acf49',
    )
    const text = Buffer.from(openXChaCha(sealed, { key, nonce, associated })).toString()
    expect(text).toMatch(/^Ladies and Gentlemen of the class of '99: .* sunscreen would be it\.$/)
  })

  it('opens what another program sealed, and nothing else', () => {
    const any = fc.record({ key: bytes(32), nonce: bytes(24), associated: fc.uint8Array(), text: fc.uint8Array() })
    fc.assert(
      fc.property(any, fc.nat(), ({ key, nonce, associated, text }, at) => {
        const sealed = xchacha20poly1305(key, nonce, associated).encrypt(text)
        expect(toHex(openXChaCha(sealed, { key, nonce, associated }))).toBe(toHex(text))
        const changed = sealed.map((byte, i) => (i === at % sealed.length ? byte ^ 1 : byte))
        expect(() => openXChaCha(changed, { key, nonce, associated })).toThrow()
        expect(() => openXChaCha(sealed, { key, nonce, associated: Uint8Array.of(...associated, 0) })).toThrow()
      }),
    )
  })

  it.each([0, 1, 15])('refuses %i bytes, which have no whole tag', (length) => {
    const params = { key: new Uint8Array(32), nonce: new Uint8Array(24), associated: new Uint8Array() }
    expect(() => openXChaCha(new Uint8Array(length), params)).toThrow()
  })
})
