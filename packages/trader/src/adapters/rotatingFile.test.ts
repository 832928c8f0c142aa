import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from './logger.ts'
import { RotatingFile } from './rotatingFile.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'poold-log-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const options = () => ({ path: join(dir, 'logs', 'poold.log'), maxFiles: 2, maxBytes: 10, compressor: 'gzip' }) as const

describe('log files', () => {
  it('are packed away when full, the oldest removed, numbers going on after a start', () => {
    const first = new RotatingFile(options())
    for (const line of ['one-1234567\n', 'two-1234567\n', 'thr']) first.write(line)
    const again = new RotatingFile(options())
    for (const line of ['ee-1234\n', 'last\n']) again.write(line)
    expect(readdirSync(join(dir, 'logs')).toSorted()).toEqual(['poold.log', 'poold.log.2.gz', 'poold.log.3.gz'])
    const packed = (name: string) => gunzipSync(readFileSync(join(dir, 'logs', name))).toString()
    expect(packed('poold.log.2.gz')).toBe('two-1234567\n')
    expect(packed('poold.log.3.gz')).toBe('three-1234\n')
    expect(readFileSync(options().path, 'utf8')).toBe('last\n')
  })

  it('grow for ever where none are to be kept', () => {
    const log = new RotatingFile({ ...options(), maxFiles: 0 })
    for (const line of ['one-1234567\n', 'two-1234567\n']) log.write(line)
    expect(readdirSync(join(dir, 'logs'))).toEqual(['poold.log'])
  })

  it('hold what the level of each subsystem lets through, with or without times', () => {
    const file = { ...options(), maxBytes: 1_000_000, timestamps: false }
    const log = createLogger({ levels: { all: 'warn', of: { AUCT: 'debug' } }, console: undefined, file })
    log.info('not this')
    log.warn('this', { amount: 5n })
    log.of?.('AUCT').debug('and this')
    log.of?.('ORDR').debug('nor that')
    const lines = readFileSync(file.path, 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { level: 40, sub: 'POOL', amount: '5', msg: 'this' },
      { level: 20, sub: 'AUCT', msg: 'and this' },
    ])
  })
})
