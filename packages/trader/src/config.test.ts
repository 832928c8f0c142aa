import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'
import type { Config } from './config.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'poold-config-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function config(args: readonly string[], environment: Record<string, string> = {}): Config {
  const request = readConfig([`--basedir=${dir}`, ...args], environment)
  if (request.kind !== 'run') throw new Error(request.kind)
  return request.config
}

const regtest = ['--network=regtest', '--auctionserver=localhost:12009']

describe('configuration', () => {
  it('puts files where the stock daemon does', () => {
    expect(config(regtest)).toMatchObject({
      network: 'regtest',
      rpcListen: 'localhost:12010',
      macaroonPath: join(dir, 'regtest', 'pool.macaroon'),
      tls: { certPath: join(dir, 'regtest', 'tls.cert'), keyPath: join(dir, 'regtest', 'tls.key') },
      logFile: join(dir, 'logs', 'regtest', 'poold.log'),
      auctioneer: { minBackoffMs: 5000, maxBackoffMs: 60_000 },
      newNodesOnly: false,
    })
  })

  it('takes flags over environment over file', () => {
    mkdirSync(join(dir, 'regtest'))
    const file = [
      '[Application Options]',
      '; a comment',
      'auctionserver=file:1',
      'lnd.host=file:2',
      'newnodesonly=true',
    ]
    writeFileSync(join(dir, 'regtest', 'poold.conf'), file.join('\n'))
    const got = config(['--network', 'regtest', '--rpclisten', 'flag:3'], { POOLD_LND_HOST: 'environment:2' })
    expect(got.auctioneer.address).toBe('file:1')
    expect(got.lnd.host).toBe('environment:2')
    expect(got.rpcListen).toBe('flag:3')
    expect(got.newNodesOnly).toBe(true)
  })

  it.each([
    [['--nonsense=1'], 'unknown option nonsense'],
    [['rpclisten'], 'unexpected argument'],
    [['--network=moonnet', '--auctionserver=a:1'], 'network'],
    [['--network=regtest'], '--auctionserver'],
    [[...regtest, '--logdir=/tmp/x'], '--basedir and --logdir'],
    [['--network=mainnet', '--fakeauth'], '--fakeauth'],
    [['--network=mainnet', '--debug.exit-at=before-sign'], '--debug.exit-at'],
    [[...regtest, '--debug.exit-at=sometime'], 'debug.exit-at'],
    [[...regtest, '--minbackoff=2m'], '--minbackoff'],
    [[...regtest, '--minbackoff=soon'], 'minbackoff'],
    [[...regtest, '--debuglevel=loud'], '--debuglevel'],
  ])('refuses %o', (args, text) => {
    expect(() => config(args)).toThrow(text)
  })

  it('refuses a file it does not understand', () => {
    mkdirSync(join(dir, 'regtest'))
    writeFileSync(join(dir, 'regtest', 'poold.conf'), 'what is this')
    expect(() => config(regtest)).toThrow('line 1')
  })

  it('reads levels by subsystem as one', () => {
    expect(config([...regtest, '--debuglevel=AUCT=debug,RPCS=warn']).logLevel).toBe('debug')
    expect(config([...regtest, '--debuglevel=critical']).logLevel).toBe('fatal')
  })

  it('answers help and version', () => {
    expect(readConfig(['-h'], {})).toEqual({ kind: 'help' })
    expect(readConfig(['--version'], {})).toEqual({ kind: 'version' })
  })
})
