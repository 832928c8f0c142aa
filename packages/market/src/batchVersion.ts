import { uint32 } from '@tidepool/crypto'
import type { BatchVersion } from './batch.ts'

/** Flag: zero-conf channels. */
export const ZERO_CONF_FLAG = 0x10
/** Flag: account upgrade to version 2. */
export const TAPROOT_V2_FLAG = 0x20

const LINEAR_MASK = 0x0f

/** @throws UnitsError NUMBER_OUT_OF_RANGE */
export const batchVersion = (value: number): BatchVersion => uint32('batch version', value) as BatchVersion

/** 10 with both flags (Pool order/batch.go). */
export const LATEST_BATCH_VERSION: BatchVersion = batchVersion(10 | ZERO_CONF_FLAG | TAPROOT_V2_FLAG)

const linear = (version: BatchVersion): number => version & LINEAR_MASK

/** A batch may move an account's expiry. */
export const supportsExpiryExtension = (version: BatchVersion): boolean => linear(version) >= 1
export const supportsUnannounced = (version: BatchVersion): boolean => linear(version) >= 2
/** A batch may upgrade an account to taproot. */
export const supportsTaprootUpgrade = (version: BatchVersion): boolean => linear(version) >= 10
/** A batch may upgrade an account to version 2. */
export const supportsTaprootV2 = (version: BatchVersion): boolean => (version & TAPROOT_V2_FLAG) !== 0
export const supportsZeroConf = (version: BatchVersion): boolean =>
  linear(version) >= 11 || (version & ZERO_CONF_FLAG) !== 0

/** What a trader's node can do, as far as batches care. */
export interface NodeFeatures {
  /** Zero-conf and scid-alias, both. */
  readonly zeroConf: boolean
  /** MuSig2 1.0.0-rc2 in the signer. */
  readonly muSig2: boolean
}

/** Version a trader announces for its node (Pool server.go). */
export function nodeBatchVersion(features: NodeFeatures): BatchVersion {
  return batchVersion(10 | (features.zeroConf ? ZERO_CONF_FLAG : 0) | (features.muSig2 ? TAPROOT_V2_FLAG : 0))
}
