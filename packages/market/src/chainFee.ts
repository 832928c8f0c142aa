import { satoshi, type Satoshi, type SatPerKWeight } from '@tidepool/crypto'
import type { AccountVersion } from './account.ts'

/** Smallest balance whose account output a batch recreates: closing fee at the floor plus P2WPKH dust. */
export const ACCOUNT_DUST = satoshi(435n)

/** Lowest fee rate that nodes relay, and the lowest maximum an order may name. */
export const FEE_RATE_FLOOR = 253n

const ACCOUNT_OUTPUT_BYTES = 43n
const CHANNEL_OUTPUT_BYTES = 43n
const INPUT_BYTES = 41n
const WITNESS_WEIGHT = { 0: 229n, 1: 66n, 2: 66n } as const

/**
 * One account's share of the miner fee: its input, its recreated output and half of each of its channels' outputs,
 * rounded up together (Pool order/tradingfees.go `EstimateTraderFee`). The version is the one before the batch.
 */
export function chainFeeShare(channels: number, feeRate: SatPerKWeight, version: AccountVersion): Satoshi {
  const halfChannels = (CHANNEL_OUTPUT_BYTES * BigInt(channels) + 1n) / 2n
  const weight = 4n * (ACCOUNT_OUTPUT_BYTES + INPUT_BYTES + halfChannels) + WITNESS_WEIGHT[version]
  return satoshi((feeRate * weight) / 1000n)
}
