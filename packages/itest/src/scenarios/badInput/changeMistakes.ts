import { expect } from 'vitest'
import { parseOutPoint, scriptToAddress } from '@tidepool/crypto'
import { accountOf, auctioneersView, fundAccounts, type OpenAccount } from '../words/accounts.ts'
import { change, confirmed, versionFlag } from '../words/changes.ts'
import type { Market } from '../words/market.ts'

const VALUE = 1_000_000n
const RATE = '--sat_per_vbyte=11'
/** P2PKH on regtest, and segwit of the main network. */
const OLD_KIND = 'mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8'
const MAINNET = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'

/** Changes that cannot be had: each is refused with a code and what to do, and nothing of either side moves. */
export async function changeMistakes(market: Market): Promise<void> {
  const trader = await market.trader('bob')
  const [account] = await fundAccounts(market, { trader, value: VALUE, version: 2 })
  const before = await accountOf(account)
  const theirs = await auctioneersView(market, account)
  const { addr } = await market.stack.nodes.alice.rpc.walletKit.nextAddr({ type: 'TAPROOT_PUBKEY' })
  const own = await ownAddress(market, account)
  const height = await market.stack.chain.height()
  const refused: readonly (readonly [words: readonly string[], told: RegExp])[] = [
    [['deposit', '--amt=0', RATE], /CHANGE_NO_AMOUNT/],
    [['deposit', '--amt=999000001', RATE], /maximum is 1000000000: add less.*ACCOUNT_VALUE_TOO_HIGH/],
    [['deposit', '--amt=998000000', RATE], /WALLET_CANNOT_FUND/],
    [['deposit', '--amt=1000', RATE, versionFlag(1)], /cannot go back to version 1.*CHANGE_VERSION_DOWNGRADE/],
    [['withdraw', `--output=${addr}:329`, RATE], /from 330 sat on: pay more.*CHANGE_OUTPUT_DUST/],
    [['withdraw', `--output=${addr}:0`, RATE], /CHANGE_OUTPUT_DUST/],
    [['withdraw', `--output=${addr}:900000`, RATE], /take less, or close.*ACCOUNT_VALUE_TOO_LOW/],
    [['withdraw', `--output=${addr}:100000`, '--sat_per_vbyte=100000'], /ACCOUNT_VALUE_TOO_LOW|VALUE/],
    [['withdraw', `--output=${own}:100000`, RATE], /own script: use another.*CHANGE_OUTPUT_TO_ACCOUNT/],
    [['withdraw', `--output=${OLD_KIND}:100000`, RATE], /CHANGE_OUTPUT_UNSUPPORTED/],
    [['withdraw', `--output=${MAINNET}:100000`, RATE], /BAD_ADDRESS/],
    [['renew', '--expiry_blocks=143', RATE], /or later.*ACCOUNT_EXPIRY_TOO_SOON/],
    [['renew', `--expiry_height=${height - 1}`, RATE], /or later.*ACCOUNT_EXPIRY_TOO_SOON/],
    [['renew', '--expiry_blocks=52561', RATE], /or earlier.*ACCOUNT_EXPIRY_TOO_FAR/],
    [['close', `--outputs=${addr}:1000001`], /pay less.*CHANGE_EXCEEDS_INPUTS/],
    [['close', `--outputs=${addr}:1000000`], /leave that much.*CHANGE_FEE_TOO_LOW/],
    [['close', '--sat_per_vbyte=100000'], /CHANGE_OUTPUT_DUST|CHANGE_EXCEEDS_INPUTS/],
    [['bumpfee', '20'], /nothing waits.*ACCOUNT_STATE_REFUSED/],
  ]
  for (const [[command = '', ...flags], told] of refused) {
    const answer = await trader.poolRaw('accounts', command, account.key, ...flags)
    expect(answer, [command, ...flags].join(' ')).toMatchObject({ exitCode: 1 })
    expect(answer.stderr, [command, ...flags].join(' ')).toMatch(told)
  }
  expect(await accountOf(account)).toEqual(before)
  expect(await auctioneersView(market, account)).toEqual(theirs)
  await refusedMeanwhile(market, account)
}

/** While a change waits, only its fee may be raised. */
async function refusedMeanwhile(market: Market, account: OpenAccount): Promise<void> {
  await change(account, 'deposit', '--amt=50000', RATE, versionFlag(2))
  for (const command of [['deposit', '--amt=1000'], ['renew', '--expiry_blocks=900'], ['close']]) {
    const [name = '', ...flags] = command
    const answer = await account.trader.poolRaw('accounts', name, account.key, ...flags, RATE)
    expect(answer.stderr).toMatch(/not confirmed yet: wait, or pay more with accounts bumpfee.*ACCOUNT_STATE_REFUSED/)
  }
  await account.trader.pool('accounts', 'bumpfee', account.key, '20')
  await confirmed(market, account)
}

/** The account's output as an address, as anybody sees it on the chain. */
async function ownAddress(market: Market, account: OpenAccount): Promise<string> {
  const output = await market.stack.chain.unspent(parseOutPoint((await accountOf(account)).outpoint))
  const address = output === undefined ? undefined : scriptToAddress(output.script, 'regtest')
  if (address === undefined) throw new Error('an account has an address')
  return address
}
