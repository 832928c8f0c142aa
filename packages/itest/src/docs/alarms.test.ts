import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../harness/paths.ts'

/** A static message of level warn or error; what is put into one is shown as `…`. */
const CALL = /\b(?:logger|log)\??\.(?:warn|error)\(\s*(?:'((?:[^'\\]|\\.)*)'|`([^`]*)`)/g

function messagesOf(program: string): readonly string[] {
  const folder = join(repositoryRoot, 'packages', program, 'src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?<!\.test)\.ts$/.test(name),
  )
  const found = files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(CALL)].map(
      ([, plain, filled]) => plain ?? filled?.replaceAll(/\$\{[^}]*\}/g, '…') ?? '',
    ),
  )
  return [...new Set(found)].toSorted()
}

/** The lines that the first column of a part's table names. */
function explained(part: string): readonly string[] {
  const text = readFileSync(join(repositoryRoot, 'docs', 'alarms.md'), 'utf8')
  const body = text.split(`\n## ${part}\n`)[1]?.split('\n## ')[0] ?? ''
  const cells = [...body.matchAll(/^\| ([^|]*) \|/gm)].map(([, cell]) => cell ?? '')
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, line]) => line ?? '')).toSorted()
}

describe('docs/alarms.md', () => {
  it.each([
    ['poold', 'trader'],
    ['auctioneerd', 'auctioneer'],
  ])('explains every warning and error of %s, and no other', (part, program) => {
    const messages = messagesOf(program)
    expect(messages.length).toBeGreaterThan(25)
    expect(explained(part)).toEqual(messages)
  })
})
