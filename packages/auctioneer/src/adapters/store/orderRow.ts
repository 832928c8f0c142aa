/** Amounts are numbers: all the satoshis there can be are fewer than 2^53. */
export type Row = readonly [
  version: number,
  nonce: string,
  /** What an order has in common with many others. */
  trader: string,
  terms: string,
  filter: string,
  rate: number,
  amount: number,
  minUnitsMatch: number,
  maxBatchFeeRate: number,
  /** Of a bid. */
  selfChannelBalance: number,
  multiSigKey: string,
  signature: string,
  arrival: number,
  unitsUnfulfilled: number,
  createdAtNs: string,
]
