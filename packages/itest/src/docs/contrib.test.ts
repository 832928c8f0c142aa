import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  optionGroups as auctioneerOptions,
  readConfig as readAuctioneer,
  sampleFile as auctioneerSample,
} from '@tidepool/auctioneer'
import { optionGroups as traderOptions, readConfig as readTrader, sampleFile as traderSample } from '@tidepool/trader'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { repositoryRoot } from '../harness/paths.ts'

const contrib = join(repositoryRoot, 'contrib')
const read = (path: string): string => readFileSync(join(contrib, path), 'utf8')

const OPTIONS = { poold: traderOptions, auctioneerd: auctioneerOptions }
const READERS = { poold: readTrader, auctioneerd: readAuctioneer }
type Daemon = keyof typeof READERS
const DAEMONS = Object.keys(READERS) as readonly Daemon[]

/** What a daemon makes of a command line; throws what the daemon would say to a wrong one. */
const understood = (daemon: Daemon, args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  READERS[daemon](args, environment).kind

describe('sample configurations (else: pnpm run man)', () => {
  it('are what the programs write', async () => {
    await expect(`${traderSample({})}\n`).toMatchFileSnapshot(join(contrib, 'poold.conf'))
    await expect(auctioneerSample({})).toMatchFileSnapshot(join(contrib, 'auctioneerd.yaml'))
  })
})

describe.each(DAEMONS)('the systemd unit of %s', (daemon) => {
  const lines = read(`systemd/${daemon}.service`).split('\n')
  const settings = lines.flatMap((line) => {
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name, value] as const]
  })
  const values = (name: string): readonly string[] => settings.flatMap(([one, value]) => (one === name ? [value] : []))

  it('has nothing but sections, settings and comments', () => {
    expect(lines.filter((line) => !/^(#.*|\[(Unit|Service|Install)\]|\w+=.*|)$/.test(line))).toEqual([])
  })

  it('starts the program with options and variables that it knows', () => {
    const [program, ...args] = values('ExecStart')[0]?.split(' ') ?? []
    expect(program).toMatch(new RegExp(`/${daemon}$`))
    const pairs = values('Environment').map((pair) => [pair.replace(/=.*/, ''), pair.replace(/^\w+=/, '')] as const)
    const { NODE_OPTIONS = '', ...environment } = Object.fromEntries(pairs)
    expect(spawnSync(process.execPath, ['--eval', ''], { env: { NODE_OPTIONS } }).status).toBe(0)
    expect(understood(daemon, args, environment)).toBe('run')
    const known = OPTIONS[daemon]().flatMap(({ options }) => options.map(({ name }) => name))
    for (const variable of Object.keys(environment)) {
      const option = known.find((one) => variable === `${daemon}_${one.replaceAll(/[.-]/g, '_')}`.toUpperCase())
      expect(option, variable).toBeDefined()
    }
  })

  it('keeps it in', () => {
    const required = {
      ...{ DynamicUser: 'yes', NoNewPrivileges: 'yes', ProtectSystem: 'strict', ProtectHome: 'yes', PrivateTmp: 'yes' },
      ...{ PrivateDevices: 'yes', CapabilityBoundingSet: '', RestrictNamespaces: 'yes', UMask: '0077' },
      ...{ StateDirectory: daemon, Restart: 'on-failure' },
    }
    for (const [name, value] of Object.entries(required)) expect(values(name), name).toEqual([value])
    expect(values('ExecStart')[0]).toContain(`--basedir=/var/lib/${daemon}`)
  })
})

interface Service {
  readonly command: readonly string[]
  readonly read_only: boolean
  readonly user: string
  readonly cap_drop: readonly string[]
  readonly security_opt: readonly string[]
  readonly ports: readonly string[]
  readonly volumes: readonly string[]
  readonly secrets: readonly string[]
  readonly healthcheck: { readonly test: readonly string[] }
}

describe('contrib/compose', () => {
  const compose = parse(read('compose/compose.yml'), { merge: true }) as {
    readonly services: Readonly<Record<Daemon, Service>>
    readonly volumes: Readonly<Record<string, unknown>>
    readonly secrets: Readonly<Record<string, { readonly file: string }>>
  }
  const filledIn = (text: string): string => text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')

  it.each(DAEMONS)('%s gets options that it knows, and files that it is given', (daemon) => {
    const { command, secrets, volumes } = compose.services[daemon]
    const [entry = '', ...flags] = command.map(filledIn)
    expect(entry).toBe(`packages/${daemon === 'poold' ? 'trader' : 'auctioneer'}/dist/main.js`)
    expect(understood(daemon, flags)).toBe('run')
    const files = flags.flatMap((flag) => /\/run\/secrets\/(.+)$/.exec(flag)?.[1] ?? [])
    expect(files.toSorted()).toEqual(secrets.toSorted())
    for (const secret of secrets) expect(Object.keys(compose.secrets)).toContain(secret)
    expect(volumes).toEqual([`${daemon}:/data`])
    expect(Object.keys(compose.volumes)).toContain(daemon)
  })

  it.each(DAEMONS)('%s is kept in', (daemon) => {
    expect(compose.services[daemon]).toMatchObject({
      ...{ read_only: true, user: 'node', cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
      healthcheck: { test: ['CMD', 'node', '-e', expect.any(String) as string] },
    })
    const open = compose.services[daemon].ports.filter((port) => !port.startsWith('127.0.0.1:'))
    expect(open).toEqual(daemon === 'auctioneerd' ? ['12009:12009'] : [])
  })
})
