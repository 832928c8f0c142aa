import { compareBytes, concatBytes } from './bytes.ts'
import { ClmError } from './errors.ts'
import { idToBytes } from './ids.ts'
import type { PubKey } from './ids.ts'
import { aggregateKeys, xOnly } from './musig2Keys.ts'
import { p2trScript, p2wshScript } from './script.ts'
import type { TxOutput } from './transaction.ts'
import type { Satoshi } from './units.ts'

/** P2WSH 2-of-2 (BOLT-3), or the MuSig2 key of lnd's simple taproot channels. */
export type FundingKind = 'p2wsh' | 'simpleTaproot'

export type FundingErrorDetail =
  /** A channel of no satoshis was asked for; trying again does not help. */
  { readonly code: 'FUNDING_VALUE_ZERO' }

export class FundingError extends ClmError<FundingErrorDetail> {}

export interface FundingParams {
  /** Both multi-sig keys, in any order. */
  readonly keys: readonly [PubKey, PubKey]
  readonly kind: FundingKind
}

const TWO_KEYS = Uint8Array.of(0x52, 33)
const ONE_MORE = Uint8Array.of(33)
const OF_TWO = Uint8Array.of(0x52, 0xae)

/** `2 <key> <key> 2 CHECKMULTISIG`, keys ascending (BOLT-3). */
export function fundingWitnessScript(keys: readonly [PubKey, PubKey]): Uint8Array {
  const [first, second] = keys.map(idToBytes).toSorted(compareBytes) as [Uint8Array, Uint8Array]
  return concatBytes(TWO_KEYS, first, ONE_MORE, second, OF_TWO)
}

/** scriptPubKey of a channel. lnd input/script_utils.go GenFundingPkScript, GenTaprootFundingScript */
export function fundingScript(params: FundingParams): Uint8Array {
  if (params.kind === 'p2wsh') return p2wshScript(fundingWitnessScript(params.keys))
  return p2trScript(xOnly(aggregateKeys('1.0.0rc2', params.keys, { kind: 'bip86' }).point))
}

/** @throws FundingError FUNDING_VALUE_ZERO for P2WSH, where lnd refuses it as well */
export function fundingOutput(params: FundingParams & { readonly value: Satoshi }): TxOutput {
  if (params.value === 0n && params.kind === 'p2wsh') {
    throw new FundingError({ code: 'FUNDING_VALUE_ZERO' }, 'a channel needs a value above zero')
  }
  return { value: params.value, script: fundingScript(params) }
}
