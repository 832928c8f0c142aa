import { expect, it } from 'vitest'
import { checksum } from './descriptor.ts'

// BIP-380, test vectors.
it('computes checksums of descriptors', () => {
  expect(checksum('raw(deadbeef)')).toBe('89f8spxm')
})
