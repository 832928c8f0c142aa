import type { NodeFilter } from '@tidepool/market'

interface TraderFields {
  readonly accountKey: string
  readonly nodeKey: string
  readonly nodeAddresses: readonly { readonly addr: string }[]
}

interface CommonFields {
  readonly version: number
  readonly auctionType: string
  readonly leaseDuration: number
  readonly channelType: string
  readonly isPublic: boolean
}

type TermsFields =
  | (CommonFields & { readonly kind: 'ask'; readonly announcement: string; readonly confirmation: string })
  | (CommonFields & {
      readonly kind: 'bid'
      readonly minNodeTier: string
      readonly isSidecar: boolean
      readonly unannounced: boolean
      readonly zeroConf: boolean
    })

interface Fees {
  readonly baseFee: bigint
  readonly feeRatePpm: bigint
}

/** Account, node, number of addresses, addresses; the rest is the user agent, which may hold spaces. */
export function traderText({ accountKey, nodeKey, nodeAddresses }: TraderFields, userAgent: string): string {
  const addresses = nodeAddresses.map(({ addr }) => addr)
  return [accountKey, nodeKey, addresses.length, ...addresses, userAgent].join(' ')
}

/** Everything whose values are few. */
export function termsText(order: TermsFields, record: { readonly state: string; readonly terms: Fees }): string {
  const { kind, version, auctionType, leaseDuration, channelType, isPublic } = order
  const { baseFee, feeRatePpm } = record.terms
  const wishes =
    order.kind === 'ask'
      ? [order.announcement, order.confirmation]
      : [order.minNodeTier, order.isSidecar, order.unannounced, order.zeroConf]
  return [
    ...[kind, record.state, baseFee, feeRatePpm, version, auctionType, leaseDuration, channelType, isPublic],
    ...wishes,
  ].join(' ')
}

/** Empty for any counterpart. */
export const filterText = (filter: NodeFilter): string =>
  filter.kind === 'any' ? '' : [filter.kind, ...filter.nodes].join(' ')
