import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { auctionctlProgram } from './auctionctlProgram.ts'
import { poolProgram } from './poolProgram.ts'
import { runProgram } from './program.ts'

const written = { stdout: '', stderr: '' }

beforeEach(() => {
  for (const name of ['stdout', 'stderr'] as const) {
    written[name] = ''
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text)
      return true
    })
  }
})
afterEach(() => vi.restoreAllMocks())

const KEY = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const order = ['--amt=500000', `--acct_key=${KEY}`, '--interest_rate_percent=0.3', '--force']

describe('command lines', () => {
  it('tells the version of the program', async () => {
    expect(await runProgram(poolProgram(), ['--version'])).toBe(0)
    expect(written.stdout).toMatch(/^pool version \d/)
  })

  it('leaves --version to the command that has one', async () => {
    const words = ['accounts', 'new', '--amt=500000', '--conf_target=6', '--version=9']
    expect(await runProgram(poolProgram(), words)).toBe(1)
    expect(written.stderr).toMatch(/version: expected 0 \(newest\)/)
  })

  it.each([
    [
      ['--network=regtest', '--basedir=/nowhere', 'getinfo'],
      1,
      /cannot read the certificate \/nowhere\/regtest\/tls.cert/,
    ],
    [['--network=moon', 'getinfo'], 1, /expected one of mainnet/],
    [['orders', 'submit', 'ask', '--amt=1', '--acct_key=02'], 1, /acct_key: expected 66 hex digits/],
    [['orders', 'submit', 'ask', ...order, '--channel_type=new'], 1, /channel_type: expected one of legacy/],
    [['orders', 'submit', 'bid', ...order, '--self_chan_balance=5'], 1, /set --min_chan_amt to the amount/],
    [['accounts', 'new'], 1, /amt/],
    [['accounts', 'new', '--amt=500000'], 1, /name the funding fee/],
    [['accounts', 'deposit'], 1, /trader_key is missing/],
    [['accounts', 'deposit', KEY], 1, /amt is missing/],
    [['accounts', 'deposit', `--trader_key=${KEY}`, '1000'], 1, /amt is missing/],
    [['accounts', 'deposit', KEY, '1000', '5', '--new_version=4'], 1, /new_version: expected 0 \(newest\)/],
    [['accounts', 'deposit', KEY, '1000', '5', '--expiry_height=9', '--expiry_blocks=9'], 1, /either by/],
    [['accounts', 'deposit', '02ab', '1000', '5'], 1, /trader_key: expected 66 hex digits/],
    [['accounts', 'withdraw', KEY, '1000'], 1, /addr is missing/],
    [['accounts', 'withdraw', KEY, '--output=bcrt1q'], 1, /expected ADDRESS:SATOSHIS/],
    [['accounts', 'withdraw', KEY, '--output=bcrt1q:x'], 1, /expected a whole number/],
    [['accounts', 'close', KEY], 1, /name the fee/],
    [['accounts', 'close', KEY, '--addr=a', '--outputs=b:1'], 1, /either --addr or --outputs/],
    [['accounts', 'bumpfee', KEY], 1, /sat_per_vbyte is missing/],
    [['sidecar', 'offer', '--auto', '--amt=100000', `--acct_key=${KEY}`], 1, /give --amt and --min_chan_amt/],
    [['sidecar', 'offer', '100000', '0'], 1, /lease_duration_blocks is missing/],
    [['completion', 'tcsh'], 1, /shell: expected one of bash, zsh, fish/],
    [['dance'], 3, /unknown command/],
    [['accounts', 'dance'], 3, /unknown command/],
    [['getinfo', '--tune'], 1, /unknown option/],
  ] as const)('%j exits with %i', async (words, code, message) => {
    expect(await runProgram(poolProgram(), words)).toBe(code)
    expect(written.stderr).toMatch(message)
    expect(written.stderr).toMatch(/^\[pool\] /)
  })

  it.each([
    [[], 0, /Commands:|Accounts:/],
    [['help'], 0, /Orders:/],
    [['h', 'accounts'], 0, /Usage: pool accounts/],
    [['--json', 'h', 'accounts'], 0, /Usage: pool accounts/],
    [['--json', '--version'], 0, /^pool version/],
    [['accounts'], 0, /deposit/],
    [['accounts', 'new', '--help'], 0, /--expiry_blocks[\s\S]*Examples:/],
    [['orders', 'cancel'], 0, /Usage: pool orders cancel/],
    [['orders', 'submit', 'bid'], 0, /--sidecar_ticket/],
    [['sidecar', 'offer'], 0, /CAPACITY SELF_CHAN_BALANCE/],
    [['sidecar', 'register'], 0, /Usage: pool sidecar register/],
    [['sidecar', 'printticket', 'a', 'b'], 0, /Usage: pool sidecar printticket/],
    [['completion', 'bash'], 0, /complete -o default -F _pool pool/],
  ] as const)('%j shows help and exits with %i', async (words, code, text) => {
    expect(await runProgram(poolProgram(), words)).toBe(code)
    expect(written.stdout).toMatch(text)
    expect(written.stderr).toBe('')
  })

  it('auctionctl asks for the amount of init', async () => {
    expect(await runProgram(auctionctlProgram(), ['init'])).toBe(1)
    expect(written.stderr).toMatch(/\[auctionctl\] .*--amt=SATOSHIS/)
  })
})
