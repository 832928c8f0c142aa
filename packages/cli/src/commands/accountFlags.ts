import { RpcError, STATUS, createClient, services } from '@tidepool/rpc'
import type { Channel, poolrpc } from '@tidepool/rpc'
import { badArgument } from '../errors.ts'
import { parsePubKey, parseUint, parseUint32, satPerKwFromVByte } from '../parse.ts'
import { confirm } from '../prompt.ts'

export const VERSIONS = [
  'ACCOUNT_VERSION_LND_DEPENDENT',
  'ACCOUNT_VERSION_LEGACY',
  'ACCOUNT_VERSION_TAPROOT',
  'ACCOUNT_VERSION_TAPROOT_V2',
] as const

/** What the commands that change an account have in common. */
export interface ChangeFlags {
  readonly trader_key?: string
  readonly sat_per_vbyte?: string
  readonly conf_target?: string
  readonly expiry_height?: string
  readonly expiry_blocks?: string
  readonly new_version?: string
  readonly force?: boolean
  readonly yes?: boolean
}

/**
 * Account commands have fixed positions: a value given as a flag does not shift the others. @throws CliError
 * BAD_ARGUMENT when there is neither
 */
export function given(name: string, flag: string | undefined, position: string | undefined): string {
  const value = flag ?? position
  if (value === undefined) throw badArgument(name, `${name} is missing: give it as --${name} or as an argument`)
  return value
}

export const keyOf = (flags: ChangeFlags, position: string | undefined): Uint8Array =>
  parsePubKey('trader_key', given('trader_key', flags.trader_key, position))

/** @throws CliError BAD_ARGUMENT */
export function versionOf(name: string, text: string): poolrpc.AccountVersion {
  const version = VERSIONS[parseUint32(name, text)]
  if (version !== undefined) return version
  throw badArgument(name, `${name}: expected 0 (newest), 1 (P2WSH), 2 (taproot) or 3 (taproot v2)`)
}

type Expiry = NonNullable<poolrpc.DepositAccountRequest['accountExpiry']>

/** undefined leaves the expiry as it is. @throws CliError BAD_ARGUMENT when both are given */
export function expiryOf(flags: ChangeFlags): Expiry | undefined {
  const { expiry_height: height, expiry_blocks: blocks } = flags
  if (height !== undefined && blocks !== undefined) {
    throw badArgument('expiry_height', 'name the expiry either by --expiry_height or by --expiry_blocks')
  }
  if (height !== undefined) return { case: 'absoluteExpiry', value: parseUint32('expiry_height', height) }
  if (blocks !== undefined) return { case: 'relativeExpiry', value: parseUint32('expiry_blocks', blocks) }
  return undefined
}

/** The fee rate named, or the daemon's estimate for a confirmation target. @throws CliError BAD_ARGUMENT */
export async function feeRateOf(channel: Channel, flags: ChangeFlags, position: string | undefined): Promise<bigint> {
  const rate = flags.sat_per_vbyte ?? position
  if (rate !== undefined) return satPerKwFromVByte(parseUint('sat_per_vbyte', rate))
  const target = flags.conf_target === undefined ? 0 : parseUint32('conf_target', flags.conf_target)
  if (target === 0) throw badArgument('sat_per_vbyte', 'name the fee: --sat_per_vbyte=RATE or --conf_target=BLOCKS')
  return estimate(channel, target)
}

/** Smallest amount a quote can be had for; only its fee rate is of interest. */
const QUOTED_SAT = 100_000n

/** A stock daemon estimates only in a quote, for which the wallet must hold that much. */
async function estimate(channel: Channel, confTarget: number): Promise<bigint> {
  try {
    return (await createClient(services.tidepool.TraderTools, channel).estimateFeeRate({ confTarget })).feeRateSatPerKw
  } catch (error) {
    if (!(error instanceof RpcError && error.status === STATUS.UNIMPLEMENTED)) throw error
    const fees = { case: 'confTarget', value: confTarget } as const
    const trader = createClient(services.poolrpc.Trader, channel)
    const { minerFeeRateSatPerKw: rate } = await trader.quoteAccount({ accountValue: QUOTED_SAT, fees })
    return rate < 253n ? 253n : rate
  }
}

/** `ADDRESS:SATOSHIS`. @throws CliError BAD_ARGUMENT */
export function parseOutput(name: string, text: string): { readonly address: string; readonly valueSat: bigint } {
  const [address = '', amount, ...rest] = text.split(':')
  if (address === '' || amount === undefined || rest.length > 0) {
    throw badArgument(name, `${name}: expected ADDRESS:SATOSHIS, got '${text}'`)
  }
  return { address, valueSat: parseUint(name, amount) }
}

/** The stock tool asks nothing here, so scripts are not asked either: only people at a terminal are. */
export async function agreed(flags: ChangeFlags, describe: () => Promise<readonly string[]>): Promise<boolean> {
  if (flags.force === true || flags.yes === true || !process.stdin.isTTY) return true
  process.stderr.write(`${(await describe()).join('\n')}\n`)
  return confirm('Go ahead (yes/no): ')
}
