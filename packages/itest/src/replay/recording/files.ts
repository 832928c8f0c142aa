/** Openings and orders: one chain, one auctioneer, in the order they were recorded. */
export const OPENING_FILES = [
  '01-start-and-queries',
  '02-account-open-v0',
  '03-account-open-v2',
  '04-restart-with-accounts',
  '05-orders',
  '06-account-modify-v0',
  '07-account-modify-v2',
  '09-account-modify-v1',
  '08-account-expiry',
] as const

/** Batches, also in order: each file goes on with the accounts and open orders that the one before left. */
export const BATCH_FILES = [
  ['20-batch-v0', '21-batch-second-v0', '20-batch-v1', '21-batch-second-v1', '20-batch-v2', '21-batch-second-v2'],
  [
    '22-batch-zero-conf',
    '23-batch-simple-taproot',
    '24-batch-outbound',
    '25-batch-two-matches',
    '26-batch-account-used-up',
  ],
] as const

export const FILES: readonly string[] = [...OPENING_FILES, ...BATCH_FILES.flat()]
