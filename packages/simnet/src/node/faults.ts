import type { tidepool } from '@tidepool/rpc'

/** How a node deviates from a healthy lnd; the fields are explained in proto/simnet.proto. */
export type Faults = tidepool.NodeFaults

export const HEALTHY: Faults = {
  walletLocked: false,
  missingSubservers: [],
  network: '',
  version: '',
  notSynced: false,
  funding: 'FUNDING_FAULT_NONE',
  noUris: false,
  missingFeatures: [],
}
