import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path, ending) : path.endsWith(ending) ? [path] : []
  })
}

const documents = filesBelow('.', '.md')

describe('documents', () => {
  it.each(documents)('%s links only to files that exist', (path) => {
    const targets = [...read(path).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '')
    const missing = targets.filter((target) => !existsSync(resolve(root, dirname(path), target)))
    expect(missing).toEqual([])
  })

  it.each(documents)('%s names only scripts that exist', (path) => {
    const scripts = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> }
    const named = [...read(path).matchAll(/pnpm(?:@[\d.]+)? (?:run )?([a-z][\w:]*)/g)].map((match) => match[1] ?? '')
    const builtIn = new Set(['install', 'run', 'exec', 'add'])
    expect(named.filter((name) => !builtIn.has(name) && scripts.scripts[name] === undefined)).toEqual([])
  })

  it.each(['lnd', 'lnd-lowest', 'lnd-newest', 'pool'])('the README names the pinned version of %s', (module) => {
    const pin = /github\.com\/(?:lightningnetwork\/lnd|lightninglabs\/pool) (v\S+-beta)/
    const version = pin.exec(read(`regtest/daemons/${module}/go.mod`))?.[1]
    expect(version).toMatch(/^v0\./)
    expect(read('README.md')).toContain(version)
  })

  it('the glossary names identifiers that the code exports', () => {
    const sources = ['packages/crypto/src', 'packages/market/src', 'packages/trader/src']
      .flatMap((folder) => filesBelow(folder, '.ts'))
      .map(read)
      .join('\n')
    const rows = [...read('docs/glossary.md').matchAll(/^\|[^|]+\|[^|]+\|([^|]*)\|$/gm)].map((match) => match[1] ?? '')
    const names = rows.flatMap((cell) => [...cell.matchAll(/`([A-Za-z]+)`/g)].map((match) => match[1] ?? ''))
    const programs = new Set(['auctioneerd'])
    expect(names.length).toBeGreaterThan(15)
    expect(names.filter((name) => !programs.has(name) && !new RegExp(`\\b${name}\\b`).test(sources))).toEqual([])
  })

  it('decision records are numbered once each', () => {
    const numbers = readdirSync(join(root, 'docs/decisions')).map((name) => name.slice(0, 4))
    expect(new Set(numbers).size).toBe(numbers.length)
  })
})
