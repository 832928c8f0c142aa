import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { blockCount } from '@tidepool/crypto'
import { readConfig } from './config.ts'
import type { Config } from './config.ts'
import { ConfigError } from './config/configError.ts'
import { OPTION_KINDS } from './config/schema.ts'
import { helpText, sampleFile } from './config/texts.ts'

const dir = mkdtempSync(join(tmpdir(), 'auctioneerd-'))
afterAll(() => rmSync(dir, { recursive: true }))

function config(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Config {
  const request = readConfig([`--basedir=${dir}`, ...args], environment)
  if (request.kind !== 'run') throw new Error('not a configuration')
  return request.config
}

const complaint = (...args: readonly string[]): string | undefined => {
  try {
    config(args)
    return undefined
  } catch (error) {
    return error instanceof ConfigError ? error.message : 'another error'
  }
}

describe('configuration', () => {
  it('has the defaults of the design', () => {
    const { market, rpcListen, adminListen, network } = config([])
    expect({ network, rpcListen, adminListen }).toEqual({
      network: 'mainnet',
      rpcListen: 'localhost:12009',
      adminListen: 'localhost:12019',
    })
    expect(market.executionFee).toEqual({ baseFee: 1n, feeRatePpm: 1000n })
    expect([...market.buckets]).toEqual([
      [2016, 'open'],
      [4032, 'acceptingOrders'],
      [6048, 'acceptingOrders'],
      [8064, 'acceptingOrders'],
      [12096, 'acceptingOrders'],
    ])
    expect(market).toMatchObject({
      maxAccountValue: 1_000_000_000n,
      intervalMs: 600_000,
      stepTimeoutMs: 30_000,
      confTarget: 6,
      expiryMargin: 144,
      autoRenewExtension: 3024,
      upgradeTo: undefined,
      defaultTier: 0,
    })
    expect(config(['--network=regtest']).market.defaultTier).toBe(1)
    expect(config(['--network=simnet']).market.defaultTier).toBe(1)
    expect(config(['--network=testnet']).market.defaultTier).toBe(0)
  })

  it('takes flags over environment over file', () => {
    const file = join(dir, 'auctioneerd.yaml')
    writeFileSync(
      file,
      'network: regtest\nauction:\n  interval: 1m\n  conf-target: 3\nfees.base: 7\nmarket.duration: [2016=open]\n',
    )
    const environment = { AUCTIONEERD_AUCTION_INTERVAL: '2m', AUCTIONEERD_AUCTION_CONF_TARGET: '4' }
    const { market, network } = config(['--auction.interval', '90s'], environment)
    expect(network).toBe('regtest')
    expect(market.intervalMs).toBe(90_000)
    expect(market.confTarget).toBe(4)
    expect(market.executionFee.baseFee).toBe(7n)
    expect([...market.buckets]).toEqual([[blockCount(2016), 'open']])
    rmSync(file)
  })

  it('reads node ratings from a file', () => {
    const file = join(dir, 'ratings.json')
    const node = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
    writeFileSync(file, JSON.stringify({ [node]: 1 }))
    expect([...config([`--node-ratings-file=${file}`]).ratings]).toEqual([[node, 1]])
    writeFileSync(file, JSON.stringify({ [node]: 2 }))
    expect(complaint(`--node-ratings-file=${file}`)).toContain('tiers are 0 and 1')
    expect(complaint('--node-ratings-file=/nowhere')).toContain('node-ratings-file')
  })

  it.each([
    ['--networ=regtest', 'networ: there is no such option'],
    ['regtest', 'options look like'],
    ['--network', 'needs a value'],
    ['--insecure=perhaps', 'insecure: true or false'],
    ['--auction.interval=soon', 'auction.interval: a duration'],
    ['--fees.base=-1', 'fees.base: a whole number'],
    ['--market.duration=2016', 'market.duration'],
    ['--debug.exit-at=before-commit', 'debug.exit-at: not for mainnet'],
    ['--auction.min-feerate=252', 'at least 253'],
    ['--auction.max-feerate=252', 'below auction.min-feerate'],
    ['--auction.step-timeout=15s', 'more than the 15 seconds'],
    ['--account.max-value=99999', 'at least 100000'],
    ['--configfile=/nowhere.yaml', 'is not there'],
    ['--rating-default=2', 'rating-default'],
  ])('refuses %s', (flag, reason) => {
    expect(complaint(flag)).toContain(reason)
  })

  it('answers help and version without a configuration', () => {
    expect(readConfig(['--help'], {}).kind).toBe('help')
    expect(readConfig(['--version'], {}).kind).toBe('version')
  })
})

describe('texts', () => {
  it('help names every option once, with its default', () => {
    const text = helpText().replace(/\s+/g, ' ')
    for (const name of OPTION_KINDS.keys()) expect(text.split(` --${name}`).length, name).toBeGreaterThan(1)
    for (const value of ['mainnet', 'localhost:12009', '10m', '30s', '1000', 'mostVolume'])
      expect(text).toContain(`(default: ${value})`)
  })

  it('the sample file says what is the default, and keeps what was given', () => {
    const args = ['--network=regtest', '--auction.interval=90s', '--market.duration=2016=open', '--tlsextradomain=a']
    const request = readConfig([`--basedir=${dir}`, ...args, '--print-config'], {})
    if (request.kind !== 'sample') throw new Error(request.kind)
    const text = sampleFile(request.given)
    const file = join(dir, 'auctioneerd.yaml')
    writeFileSync(file, text)
    expect(config([])).toEqual(config(args))
    // Every line in a comment, taken at its word, changes nothing.
    writeFileSync(file, text.replaceAll(/^# ([a-z.-]+: .+)/gm, '$1'))
    expect(config([])).toEqual(config(args))
    rmSync(file)
  })
})
