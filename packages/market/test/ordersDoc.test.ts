import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { VERDICT_CODES, verdictText } from '../src/matching/reasonText.ts'

const page = readFileSync(new URL('../../../docs/orders.md', import.meta.url), 'utf8')
const reasons = page.slice(page.indexOf('## Why an order rests'))
const rows = [...reasons.matchAll(/^\| `([a-z_]+)` *\| (.*?) *\|$/gm)].map(([, code, text]) => [
  code,
  text?.replaceAll('`', ''),
])
const snake = (code: string) => code.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

describe('docs/orders.md', () => {
  it('lists every reason with its words, and no other', () => {
    expect(rows).toEqual(VERDICT_CODES.map((code) => [snake(code), verdictText(code)]))
  })
})
