import { compactSizeLength } from './encode.ts'
import type { AccountVersion } from './accountScript.ts'
import type { TxOutput } from './transaction.ts'
import { satoshi, weight } from './units.ts'
import type { SatPerKWeight, Satoshi, Weight } from './units.ts'

/**
 * Bytes, and so weight units, of whole witnesses at their largest. The account sizes are what Pool computes, not what
 * its comments say. Pool poolscript/script.go, lnd input/size.go
 */
export const WITNESS_SIZE = {
  /** Version 0 account, both signatures. */
  accountMultiSig: 229,
  /** Version 0 account after expiry. */
  accountExpiry: 155,
  /** Any taproot key path. */
  taprootKeyPath: 66,
  /** Taproot account after expiry. */
  accountTaprootExpiry: 140,
  p2wpkh: 109,
  /** The auctioneer's own output. */
  masterAccount: 111,
} as const

/** Bytes of an output with a script of the usual kinds. */
export const OUTPUT_SIZE = { p2wpkh: 31, p2sh: 32, p2wsh: 43, p2tr: 43, p2pkh: 34 } as const

/** Outpoint 36, script length 1, sequence 4. */
export const INPUT_SIZE = 41
/** scriptSig of a P2WPKH nested in P2SH. */
export const NESTED_P2WPKH_SCRIPT_SIG_SIZE = 23

const TX_BASE_SIZE = 8
const SEGWIT_HEADER_SIZE = 2

/** Witness size of a cooperative account spend. */
export const cooperativeWitnessSize = (version: AccountVersion): number =>
  version === 0 ? WITNESS_SIZE.accountMultiSig : WITNESS_SIZE.taprootKeyPath

/** Witness size of an account spend after expiry. */
export const expiryWitnessSize = (version: AccountVersion): number =>
  version === 0 ? WITNESS_SIZE.accountExpiry : WITNESS_SIZE.accountTaprootExpiry

/** Bytes of an output. */
export const outputSize = (script: Uint8Array): number => 8 + compactSizeLength(script.length) + script.length

export interface WeightParams {
  /** One entry for each input; `witness` is the size of the whole witness, 0 for none. */
  readonly inputs: readonly { readonly witness: number; readonly scriptSig?: number }[]
  /** One entry for each output, its bytes: see OUTPUT_SIZE and outputSize. */
  readonly outputs: readonly number[]
}

/** Weight of a transaction not yet signed, as lnd's estimator counts it. lnd input/size.go */
export function estimateWeight(params: WeightParams): Weight {
  const inputs = params.inputs.reduce((sum, input) => sum + INPUT_SIZE + (input.scriptSig ?? 0), 0)
  const outputs = params.outputs.reduce((sum, size) => sum + size, 0)
  const counts = compactSizeLength(params.inputs.length) + compactSizeLength(params.outputs.length)
  const witness = params.inputs.reduce((sum, input) => sum + input.witness, 0)
  const header = witness > 0 ? SEGWIT_HEADER_SIZE : 0
  return weight(4 * (TX_BASE_SIZE + counts + inputs + outputs) + header + witness)
}

/** `floor(rate · weight / 1000)`. lnd lnwallet/chainfee */
export const feeForWeight = (rate: SatPerKWeight, size: Weight): Satoshi => satoshi((rate * BigInt(size)) / 1000n)

/** Smallest value nodes relay for the script, at 3 sat per byte of the output and of spending it. lnd lnwallet */
export function dustLimit(script: Uint8Array): Satoshi {
  return satoshi(3 * (outputSize(script) + INPUT_SIZE + (isWitnessProgram(script) ? 26 : 107)))
}

/** Whether nodes would not relay the output. Data outputs are never dust, other unspendable ones always are. */
export function isDust(output: TxOutput): boolean {
  if (output.script[0] === 0x6a) return !isNullData(output.script)
  return output.value < dustLimit(output.script)
}

function isWitnessProgram(script: Uint8Array): boolean {
  const version = script[0] ?? 0xff
  const isVersion = version === 0 || (version >= 0x51 && version <= 0x60)
  return isVersion && script.length >= 4 && script.length <= 42 && script[1] === script.length - 2
}

/** OP_RETURN alone, or with one push of at most 80 bytes. */
function isNullData(script: Uint8Array): boolean {
  const push = script[1]
  if (push === undefined) return true
  if (push <= 75) return script.length === 2 + push
  if (push === 0x4c) return script.length === 3 + (script[2] ?? 0) && script.length <= 83
  return script.length === 2 && push >= 0x51 && push <= 0x60
}
