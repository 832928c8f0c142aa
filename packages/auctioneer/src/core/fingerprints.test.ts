import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fingerprints } from './fingerprints.ts'

describe('fingerprints', () => {
  it('say of every text what a set says, whatever came and went', () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    const change = fc.record({ add: fc.boolean(), number: fc.nat({ max: 400 }) })
    const property = fc.property(word, word, fc.array(change, { maxLength: 1200 }), (high, low, changes) => {
      const fingerprints = new Fingerprints([high, low])
      const set = new Set<string>()
      const text = (number: number) => `02${number.toString(16).padStart(64, '0')}`
      for (const { add, number } of changes) {
        if (add) fingerprints.add(text(number))
        else fingerprints.delete(text(number))
        if (add) set.add(text(number))
        else set.delete(text(number))
      }
      expect(fingerprints.size).toBe(set.size)
      for (let number = 0; number <= 400; number++) expect(fingerprints.has(text(number))).toBe(set.has(text(number)))
    })
    fc.assert(property, { numRuns: 50 })
  })

  it('still find everything when they outgrow their table', () => {
    const fingerprints = new Fingerprints([1, 2])
    const all = Array.from({ length: 5000 }, (_, number) => `key ${number}`)
    for (const text of all) fingerprints.add(text)
    for (const text of all.filter((_, number) => number % 3 === 0)) fingerprints.delete(text)
    expect(all.filter((text) => !fingerprints.has(text))).toEqual(all.filter((_, number) => number % 3 === 0))
    expect(fingerprints.size).toBe(all.length - Math.ceil(all.length / 3))
  })
})
