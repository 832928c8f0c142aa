import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '@tidepool/crypto'
import { xchachaDecrypt, xchachaEncrypt } from './xchacha.ts'

/** draft-irtf-cfrg-xchacha-03, appendix A.3.1 */
const KEY = fromHex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
const NONCE = fromHex('404142434445464748494a4b4c4d4e4f5051525354555657')
const AAD = fromHex('50515253c0c1c2c3c4c5c6c7')
const PLAIN = new TextEncoder().encode(
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
)
const SEALED =
  'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452' +
  '2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49'

describe('XChaCha20-Poly1305', () => {
  it('agrees with the published vector', () => {
    expect(toHex(xchachaEncrypt(KEY, NONCE, PLAIN, AAD))).toBe(SEALED)
    expect(xchachaDecrypt(KEY, NONCE, fromHex(SEALED), AAD)).toEqual(PLAIN)
  })

  it('refuses what was changed', () => {
    const sealed = fromHex(SEALED)
    sealed[0] = (sealed[0] ?? 0) ^ 1
    expect(() => xchachaDecrypt(KEY, NONCE, sealed, AAD)).toThrow()
  })
})
