import type { NodeFilter } from '@tidepool/market'
import type { Row } from './orderRow.ts'
import { filterText, termsText, traderText } from './sharedTexts.ts'

/** An order as it was stored before version 3. */
export type Row2 = readonly [
  version: number,
  kind: 'ask' | 'bid',
  nonce: string,
  orderVersion: number,
  auctionType: string,
  rate: number,
  amount: string,
  minUnitsMatch: number,
  leaseDuration: number,
  maxBatchFeeRate: string,
  channelType: string,
  multiSigKey: string,
  nodeKey: string,
  addresses: readonly string[],
  accountKey: string,
  filter: string,
  nodes: readonly string[],
  isPublic: boolean,
  /** An ask's announcement and confirmation; a bid's tier, own balance and flags. */
  side: readonly (string | boolean)[],
  signature: string,
  arrival: number,
  state: string,
  unitsUnfulfilled: number,
  baseFee: string,
  feeRatePpm: string,
  createdAtNs: string,
  userAgent: string,
]

export function fromRow2(row: Row2): Row {
  const trader = {
    accountKey: row[14],
    nodeKey: row[12],
    nodeAddresses: row[13].map((addr) => ({ addr })),
  }
  const fees = { baseFee: BigInt(row[23]), feeRatePpm: BigInt(row[24]) }
  const filter = { kind: row[15], nodes: row[16] } as NodeFilter
  return [
    3,
    row[2],
    traderText(trader, row[26]),
    termsText({ ...common(row), ...wishes(row) }, { state: row[21], terms: fees }),
    filterText(filter),
    row[5],
    Number(row[6]),
    row[7],
    Number(row[9]),
    row[1] === 'bid' ? Number(row[18][1]) : 0,
    row[11],
    row[19],
    row[20],
    row[22],
    row[25],
  ]
}

const common = (row: Row2) => ({
  version: row[3],
  auctionType: row[4],
  leaseDuration: row[8],
  channelType: row[10],
  isPublic: row[17],
})

function wishes(row: Row2) {
  const side = row[18]
  if (row[1] === 'ask') return { kind: 'ask', announcement: String(side[0]), confirmation: String(side[1]) } as const
  const [isSidecar, unannounced, zeroConf] = side.slice(2).map((flag) => flag === true)
  return {
    kind: 'bid',
    minNodeTier: String(side[0]),
    isSidecar: isSidecar === true,
    unannounced: unannounced === true,
    zeroConf: zeroConf === true,
  } as const
}
