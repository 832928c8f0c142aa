import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** Rows of the tables of docs/traps.md: what is answered, and what holds us to not answering so. */
const rows = readFileSync(join(root, 'docs/traps.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (answer|-+) /.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, trap = '', , tests = '']) => ({ trap, tests: tests.split(';').map((test) => test.trim()) }))

/** A file, and a text that the name of its test, or its case, has. */
const placeOf = (test: string): readonly [string, string] => {
  const found = /^`([^`]+)` ?(.*)$/.exec(test)
  return [found?.[1] ?? test, found?.[2] ?? '']
}

describe('every trap is held by tests that exist', () => {
  it('there are some', () => expect(rows.length).toBeGreaterThan(25))

  it.each(rows)('$trap', ({ tests }) => {
    for (const [path, text] of tests.map(placeOf)) {
      expect(path).toMatch(/\.ts$/)
      expect(existsSync(join(root, path)), path).toBe(true)
      expect(readFileSync(join(root, path), 'utf8'), path).toContain(text)
    }
  })

  it('and every trap of the listener is in the list', () => {
    const listener = readFileSync(join(root, 'packages/itest/src/sim/stockEars.test.ts'), 'utf8')
    const known = [...listener.matchAll(/^ {2,4}\[?\/([^/]+)\/,/gm)].map((match) => match[1] ?? '')
    const listed = rows
      .flatMap(({ tests }) => tests.map(placeOf))
      .filter(([path]) => path.endsWith('stockEars.test.ts'))
    const texts = listed.map(([, text]) => text)
    expect(known.length).toBeGreaterThan(20)
    expect([...new Set(known)].filter((trap) => !texts.includes(trap))).toEqual([])
  })
})
