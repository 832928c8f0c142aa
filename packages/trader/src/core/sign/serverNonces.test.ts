import { describe, expect, it } from 'vitest'
import { ServerNonces } from './serverNonces.ts'

const nonce = (first: number, second: number): Uint8Array =>
  Uint8Array.of(...new Uint8Array(33).fill(first), ...new Uint8Array(33).fill(second))

describe('server nonces', () => {
  it('are taken once, in whole or in part', () => {
    const seen = new ServerNonces()
    expect(seen.add(nonce(1, 2))).toBe(true)
    expect(seen.add(nonce(1, 2))).toBe(false)
    expect(seen.add(nonce(3, 2))).toBe(false)
    expect(seen.add(nonce(2, 3))).toBe(false)
    expect(seen.add(nonce(3, 4))).toBe(true)
  })

  it('are forgotten, oldest first, so that memory stays bounded', () => {
    const seen = new ServerNonces(4)
    for (let i = 1; i < 100; i++) expect(seen.add(nonce(i, i + 100))).toBe(true)
    expect(seen.size).toBe(4)
    expect(seen.add(nonce(99, 250))).toBe(false)
    expect(seen.add(nonce(1, 101))).toBe(true)
  })
})
