import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../harness/paths.ts'

const read = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8')
const found = (text: string, pattern: RegExp): readonly string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, code = '']) => code)),
]

const page = read('docs/accounts.md')
const told = found(page, /`([A-Z]+(?:_[A-Z]+)+)`/g)
const declared = (path: string): readonly string[] => found(read(path), /readonly code: '([A-Z_]+)'/g)

describe('docs/accounts.md', () => {
  it('explains every refusal of a change', () => {
    const codes = declared('packages/market/src/accountChange/errors.ts')
    expect(codes.length).toBeGreaterThan(10)
    expect(codes.filter((code) => !told.includes(code))).toEqual([])
  })

  it('names no refusal that there is not', () => {
    const files = ['market/src/accountChange/errors.ts', 'market/src/account.ts', 'trader/src/core/errors.ts']
    const codes = files.flatMap((file) => declared(`packages/${file}`))
    expect(told.filter((code) => !codes.includes(code))).toEqual([])
  })
})
