import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MISMATCH_RULES } from '../src/core/verify/mismatchRules.ts'

const page = readFileSync(new URL('../../../docs/verification.md', import.meta.url), 'utf8')
const LETTERS = { serverMisbehavior: 'M', batchVersionMismatch: 'V', unknown: 'U', partialReject: 'P' } as const

/** Rows of the page: code to reject letter. */
const rows = new Map([...page.matchAll(/\| `([A-Z_]+)` *\| ([MVU]) *\|/g)].map(([, code, letter]) => [code, letter]))

describe('docs/verification.md', () => {
  it('lists every code with its reject code, and no other', () => {
    const rules = Object.entries(MISMATCH_RULES).map(([code, { reject }]) => [code, LETTERS[reject]])
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(rules))
  })
})
