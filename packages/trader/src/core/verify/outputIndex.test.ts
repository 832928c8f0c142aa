import { equalBytes, satoshi } from '@tidepool/crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OutputIndex } from './outputIndex.ts'

/** Few values and short scripts, so that many are alike or share a slot. */
const output = fc.record({
  value: fc.integer({ min: 0, max: 2 }).map((value) => satoshi(value)),
  script: fc.uint8Array({ maxLength: 3, max: 2 }),
})

test('finds what a search through all outputs finds', () => {
  fc.assert(
    fc.property(fc.array(output, { maxLength: 60 }), output, (outputs, wanted) => {
      const expected = outputs.flatMap(({ value, script }, index) =>
        value === wanted.value && equalBytes(script, wanted.script) ? [index] : [],
      )
      expect(new OutputIndex(outputs).find(wanted)).toEqual(expected)
    }),
  )
})
