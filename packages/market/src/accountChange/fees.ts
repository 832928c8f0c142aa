import {
  OUTPUT_SIZE,
  cooperativeWitnessSize,
  estimateWeight,
  expiryWitnessSize,
  feeForWeight,
  outputSize,
} from '@tidepool/crypto'
import type { AccountVersion, SatPerKWeight, Satoshi, TxOutput } from '@tidepool/crypto'
import { FEE_RATE_FLOOR } from '../chainFee.ts'
import { AccountChangeError } from './errors.ts'
import { outputKind } from './scriptKind.ts'
import type { SpendPath } from './terms.ts'

/** @throws AccountChangeError CHANGE_FEE_RATE_TOO_LOW */
export function checkFeeRate(feeRate: SatPerKWeight): void {
  if (feeRate >= FEE_RATE_FLOOR) return
  throw new AccountChangeError(
    { code: 'CHANGE_FEE_RATE_TOO_LOW', feeRate: String(feeRate), min: String(FEE_RATE_FLOOR) },
    `fee rate ${feeRate} sat/kw: the minimum is ${FEE_RATE_FLOOR}`,
  )
}

/** What the account's own input adds to a deposit: the wallet pays it (Pool account/manager.go `inputFee`). */
export const depositInputFee = (version: AccountVersion, feeRate: SatPerKWeight): Satoshi =>
  accountSpendFee(version, 'cooperative', [], feeRate)

/**
 * Fee of a withdrawal, or of a renewal when there are no outputs: the account's input and its new output, always
 * counted as P2WSH, and the outputs (Pool account/manager.go `valueAfterAccountUpdate`).
 */
export function withdrawalFee(version: AccountVersion, outputs: readonly TxOutput[], feeRate: SatPerKWeight): Satoshi {
  const sizes = [OUTPUT_SIZE.p2wsh, ...outputs.map(({ script }) => outputSize(script))]
  return accountSpendFee(version, 'cooperative', sizes, feeRate)
}

/** Fee of a close to one output; P2PKH is counted as nothing (Pool account/interfaces.go `CloseOutputs`). */
export function closeFee(
  version: AccountVersion,
  path: SpendPath,
  script: Uint8Array,
  feeRate: SatPerKWeight,
): Satoshi {
  const sizes = outputKind(script) === 'p2pkh' ? [] : [outputSize(script)]
  return accountSpendFee(version, path, sizes, feeRate)
}

function accountSpendFee(
  version: AccountVersion,
  path: SpendPath,
  outputs: readonly number[],
  feeRate: SatPerKWeight,
): Satoshi {
  const witness = path === 'expiry' ? expiryWitnessSize(version) : cooperativeWitnessSize(version)
  return feeForWeight(feeRate, estimateWeight({ inputs: [{ witness }], outputs }))
}
