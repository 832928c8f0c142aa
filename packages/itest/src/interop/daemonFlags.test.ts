import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand, type CommandResult } from '../harness/command.ts'
import { pinnedDaemons, programPath } from '../harness/daemonBuild.ts'
import { programs } from '../harness/paths.ts'

/** A flag, and the default its help names. */
type Flags = ReadonlyMap<string, string>

/** Entries begin near the margin; a word that a line break cut carries a hyphen in the stock help. */
function flagsIn(help: string): Flags {
  const entries = help.replace(/-\n\n\s+/g, '').split(/\n(?= {2,6}(?:-h, )?--[a-z])/)
  return new Map(
    entries.flatMap((entry) => {
      const name = /^ {2,6}(?:-h, )?--([a-z][a-z0-9.-]*)/.exec(entry)?.[1]
      const value = /\(default: ([^)]*)\)/.exec(entry.replace(/\s+/g, ' '))?.[1]
      return name === undefined ? [] : [[name, value ?? ''] as const]
    }),
  )
}

/** The same default in other words. */
const HOME = homedir()
const SAME: Readonly<Record<string, readonly [string, string]>> = {
  maxbackoff: ['1m0s', '1m'],
  basedir: [`${HOME}/.pool`, '~/.pool'],
  logdir: [`${HOME}/.pool/logs`, 'BASEDIR/logs'],
  tlscertpath: [`${HOME}/.pool/mainnet/tls.cert`, 'BASEDIR/NETWORK/tls.cert'],
  tlskeypath: [`${HOME}/.pool/mainnet/tls.key`, 'BASEDIR/NETWORK/tls.key'],
  macaroonpath: [`${HOME}/.pool/mainnet/pool.macaroon`, 'BASEDIR/NETWORK/pool.macaroon'],
  'lnd.macaroonpath': [
    `${HOME}/.lnd/data/chain/bitcoin/mainnet/admin.macaroon`,
    '~/.lnd/data/chain/bitcoin/NETWORK/admin.macaroon',
  ],
}

describe('flags of the daemon', () => {
  let stock: readonly string[]
  const ours = [process.execPath, programs.poold]
  const dir = mkdtempSync(join(tmpdir(), 'tidepool-flags-'))

  beforeAll(async () => {
    stock = [programPath(await pinnedDaemons(['pool']), 'poold')]
  }, 600_000)
  afterAll(() => rmSync(dir, { recursive: true }))

  async function both(...args: readonly string[]): Promise<readonly CommandResult[]> {
    return Promise.all([stock, ours].map(([command = '', ...entry]) => runCommand(command, [...entry, ...args])))
  }

  it('are those of the stock daemon, with its defaults', async () => {
    const [theirs, mine] = (await both('--help')).map(({ stdout }) => flagsIn(stdout)) as [Flags, Flags]
    expect(theirs.size).toBe(40)
    for (const [name, value] of theirs) {
      expect(mine.has(name), name).toBe(true)
      const [same, inOurWords] = SAME[name] ?? [value, value]
      expect([name, value]).toEqual([name, same])
      if (value !== '') expect([name, mine.get(name)]).toEqual([name, inOurWords])
    }
  })

  it.each([
    [['--version'], /^poold version \S+/],
    [['--debuglevel=show', '--network=regtest', '--auctionserver=localhost:1'], /AUCT/],
  ] as const)('%j', async (args, text) => {
    for (const { exitCode, stdout } of await both(...args, `--basedir=${dir}`)) {
      expect(exitCode).toBe(0)
      expect(stdout).toMatch(text)
    }
  })

  const place = ['--network=regtest', '--auctionserver=localhost:1', '--lnd.host=localhost:1']

  it.each([
    [['--nonsense=1']],
    [['--network=moonnet']],
    [['--network=regtest', '--fakeauth', '--debuglevel=loud']],
    [['--network=mainnet', '--fakeauth']],
    [[...place, '--logdir=/tmp/elsewhere']],
    [[...place, '--macaroonpath=/tmp/elsewhere']],
    [[...place, '--lnd.macaroondir=/a', '--lnd.macaroonpath=/b']],
    [[...place, '--maxlogfiles=3', '--logging.file.max-files=4']],
    [[...place, '--logging.file.compressor=rar']],
    [[...place, '--logging.console.call-site=far']],
    [[...place, '--minbackoff=soon']],
    [[...place, '--lsatmaxroutingfee=much']],
  ])('%j ends both with 1', async (args) => {
    for (const { exitCode, stderr, stdout } of await both(...args, `--basedir=${dir}`)) {
      expect(exitCode).toBe(1)
      expect(stderr + stdout).not.toBe('')
    }
  })

  it.each(['what is this', 'nonsense=1', 'network'])('a configuration file of %j ends both with 1', async (text) => {
    const base = mkdtempSync(join(dir, 'conf-'))
    mkdirSync(join(base, 'regtest'))
    writeFileSync(join(base, 'regtest', 'poold.conf'), `[Application Options]\n${text}\n`)
    for (const { exitCode } of await both(...place, `--basedir=${base}`)) expect(exitCode).toBe(1)
  })

  it('a configuration file that ours wrote is read by the stock daemon', async () => {
    const base = mkdtempSync(join(dir, 'sample-'))
    mkdirSync(join(base, 'regtest'))
    const [command = '', ...entry] = ours
    const args = [
      ...entry,
      '--print-config',
      `--basedir=${base}`,
      ...place,
      '--debuglevel=warn',
      '--tlsextraip=10.0.0.1',
    ]
    const { stdout } = await runCommand(command, args)
    expect(stdout).toMatch(/^lnd\.host=localhost:1$/m)
    writeFileSync(join(base, 'regtest', 'poold.conf'), stdout)
    // It gets as far as lnd, which is not there.
    const [poold = ''] = stock
    const { exitCode, stderr, stdout: log } = await runCommand(poold, ['--network=regtest', `--basedir=${base}`])
    expect(exitCode).toBe(1)
    expect(stderr + log).toMatch(/localhost:1|lnd|tls\.cert/)
    expect(stderr + log).not.toMatch(/unknown option|malformed/)
  })
})
