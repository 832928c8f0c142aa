import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'
import type { Config } from './config.ts'
import { OPTION_HELP } from './config/help.ts'
import { sampleFile, subsystemText, helpText } from './config/texts.ts'

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
      log: {
        levels: { all: 'info' },
        console: { timestamps: true },
        file: { path: join(dir, 'logs', 'regtest', 'poold.log'), maxFiles: 10, compressor: 'gzip', timestamps: true },
      },
      rest: { listen: 'localhost:8281', corsOrigins: [] },
      auctioneer: { minBackoffMs: 5000, maxBackoffMs: 60_000 },
      newNodesOnly: false,
      healthListen: undefined,
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
    [['--network=mainnet', '--debug.freeze-at=before-sign'], '--debug.freeze-at'],
    [[...regtest, '--debug.exit-at=sometime'], 'debug.exit-at'],
    [[...regtest, '--minbackoff=2m'], '--minbackoff'],
    [[...regtest, '--minbackoff=soon'], 'minbackoff'],
    [[...regtest, '--debuglevel=loud'], '--debuglevel'],
    [[...regtest, '--maxlogfiles=3', '--logging.file.max-files=4'], '--maxlogfiles'],
    [[...regtest, '--tlsextraip=localhost'], '--tlsextraip'],
    [[...regtest, '--profile=80'], '--profile'],
    [[...regtest, '--lnd.macaroondir=/a', '--lnd.macaroonpath=/b'], '--lnd.macaroondir'],
  ])('refuses %o', (args, text) => {
    expect(() => config(args)).toThrow(text)
  })

  it('refuses a file it does not understand', () => {
    mkdirSync(join(dir, 'regtest'))
    writeFileSync(join(dir, 'regtest', 'poold.conf'), 'what is this')
    expect(() => config(regtest)).toThrow('line 1')
  })

  it('reads one level for all and levels by subsystem', () => {
    const levels = (text: string) => config([...regtest, `--debuglevel=${text}`]).log.levels
    expect(levels('AUCT=debug,RPCS=warn')).toEqual({ all: 'info', of: { AUCT: 'debug', RPCS: 'warn' } })
    expect(levels('warn,AUCT=trace,SDCR=debug')).toEqual({ all: 'warn', of: { AUCT: 'trace' } })
    expect(levels('critical')).toEqual({ all: 'fatal', of: {} })
    expect(() => levels('XYZ=debug')).toThrow('no subsystem XYZ')
  })

  it('reads a file of the stock daemon: names in any case, values in quotes', () => {
    mkdirSync(join(dir, 'regtest'))
    const lines = [
      '[Application Options]',
      'AuctionServer="a:1"',
      'tlsextraip=10.0.0.1',
      'tlsextraip=::2',
      '[lnd]',
      'lnd.host=l:2',
    ]
    writeFileSync(join(dir, 'regtest', 'poold.conf'), lines.join('\r\n'))
    const got = config(['--network=regtest'])
    expect(got.auctioneer.address).toBe('a:1')
    expect(got.tls.extraAddresses).toEqual(['10.0.0.1', '::2'])
    expect(got.lnd.host).toBe('l:2')
  })

  it("finds lnd's macaroon: a file, a directory, lnd's own of the network", () => {
    const macaroon = (...args: string[]) => config([...regtest, ...args], { WHERE: '/else' }).lnd.macaroonPath
    expect(macaroon('--lnd.macaroonpath=$WHERE/a.macaroon')).toBe('/else/a.macaroon')
    expect(macaroon('--lnd.macaroondir=/dir')).toBe('/dir/admin.macaroon')
    expect(macaroon()).toBe(join(homedir(), '.lnd/data/chain/bitcoin/regtest/admin.macaroon'))
    expect(config([...regtest]).lnd.tlsPath).toBe(join(homedir(), '.lnd/tls.cert'))
  })

  it('takes old names of log options, and refuses them beside the new ones', () => {
    expect(config([...regtest, '--maxlogfiles=3', '--maxlogfilesize=2']).log.file).toMatchObject({
      maxFiles: 3,
      maxBytes: 2 * 1024 * 1024,
    })
    expect(config([...regtest, '--logging.console.disable', '--logging.file.no-timestamps']).log).toMatchObject({
      console: undefined,
      file: { timestamps: false },
    })
  })

  it('answers help and version', () => {
    expect(readConfig(['-h'], {})).toEqual({ kind: 'help' })
    expect(readConfig(['--version'], {})).toEqual({ kind: 'version' })
    expect(readConfig(['--debuglevel=show'], {})).toEqual({ kind: 'subsystems' })
    expect(subsystemText()).toContain('AUCT')
  })
})

describe('texts', () => {
  it('help names every option that is not hidden, with its default', () => {
    const text = helpText().replace(/\s+/g, ' ')
    for (const [name, help] of Object.entries(OPTION_HELP)) {
      expect(text.includes(` --${name}${help?.value === undefined ? ' ' : '='}`), name).toBe(help !== undefined)
    }
    for (const value of ['mainnet', 'localhost:12010', 'localhost:8281', '5s', '1m', '50', 'gzip']) {
      expect(text).toContain(`(default: ${value})`)
    }
  })

  it('the sample file says what is the default, and keeps what was given', () => {
    mkdirSync(join(dir, 'regtest'))
    const args = [...regtest, '--restlisten=localhost:9', '--tlsextradomain=a', '--tlsextradomain=b']
    const request = readConfig([...args, '--print-config'], {})
    if (request.kind !== 'sample') throw new Error(request.kind)
    const text = sampleFile(request.given)
    const write = (content: string): void => writeFileSync(join(dir, 'regtest', 'poold.conf'), content)
    write(text)
    expect(config(['--network=regtest'])).toEqual(config(args))
    // Every line in a comment, taken at its word, changes nothing.
    write(text.replaceAll(/^; ([a-z.-]+=)/gm, '$1'))
    expect(config(['--network=regtest'])).toEqual(config(args))
  })
})
