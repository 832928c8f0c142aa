/** Distinct values of one kind that are remembered; then it starts anew, so that odd values cannot fill the memory. */
const MOST = 100_000

export interface Trader {
  readonly accountKey: string
  readonly nodeKey: string
  readonly nodeAddresses: unknown
  readonly userAgent: string
}

interface Fees {
  readonly baseFee: bigint
  readonly feeRatePpm: bigint
}

interface CommonTerms {
  readonly state: string
  readonly fees: Fees
  readonly version: number
  readonly auctionType: string
  readonly leaseDuration: number
  readonly channelType: string
  readonly isPublic: boolean
}

export interface AskTerms extends CommonTerms {
  readonly kind: 'ask'
  readonly announcement: string
  readonly confirmation: string
}

export interface BidTerms extends CommonTerms {
  readonly kind: 'bid'
  readonly minNodeTier: string
  readonly isSidecar: boolean
  readonly unannounced: boolean
  readonly zeroConf: boolean
}

const ANY = { kind: 'any' } as const

/** Values that many records have in common, made once: a book of a million orders takes half the memory and time. */
export class Shared {
  readonly #traders = new Map<string, Trader>()
  readonly #terms = new Map<string, AskTerms | BidTerms>()
  readonly #fees = new Map<string, Fees>()
  readonly #filters = new Map<string, unknown>()
  readonly #keys = new Map<string, string>()
  readonly #integers = new Map<number, bigint>()

  trader(text: string): Trader {
    return this.#traders.get(text) ?? remember(this.#traders, text, this.#readTrader(text))
  }

  terms(text: string): AskTerms | BidTerms {
    return (
      this.#terms.get(text) ??
      remember(
        this.#terms,
        text,
        readTerms(text, (base, rate) => this.#fee(base, rate)),
      )
    )
  }

  filter(text: string): unknown {
    if (text === '') return ANY
    return this.#filters.get(text) ?? remember(this.#filters, text, this.#readFilter(text))
  }

  integer(value: number): bigint {
    return this.#integers.get(value) ?? remember(this.#integers, value, BigInt(value))
  }

  #readTrader(text: string): Trader {
    const [accountKey = '', nodeKey = '', count, ...rest] = text.split(' ')
    const addresses = rest.slice(0, Number(count))
    return {
      accountKey: this.#key(accountKey),
      nodeKey: this.#key(nodeKey),
      nodeAddresses: addresses.map((addr) => ({ network: 'tcp', addr })),
      userAgent: rest.slice(addresses.length).join(' '),
    }
  }

  #readFilter(text: string): unknown {
    const [kind, ...nodes] = text.split(' ')
    return { kind, nodes: nodes.map((node) => this.#key(node)) }
  }

  #fee(baseFee: string, feeRatePpm: string): Fees {
    const text = `${baseFee} ${feeRatePpm}`
    const fees = { baseFee: BigInt(baseFee), feeRatePpm: BigInt(feeRatePpm) }
    return this.#fees.get(text) ?? remember(this.#fees, text, fees)
  }

  #key(key: string): string {
    return this.#keys.get(key) ?? remember(this.#keys, key, key)
  }
}

function readTerms(text: string, feesOf: (baseFee: string, feeRatePpm: string) => Fees): AskTerms | BidTerms {
  const [kind, state = '', baseFee = '', feeRatePpm = '', ...rest] = text.split(' ')
  const [version, auctionType = '', leaseDuration, channelType = '', isPublic, ...wishes] = rest
  const fees = feesOf(baseFee, feeRatePpm)
  const numbers = { version: Number(version), leaseDuration: Number(leaseDuration) }
  const common = { state, fees, auctionType, channelType, isPublic: isPublic === 'true', ...numbers }
  if (kind === 'ask') {
    const [announcement = '', confirmation = ''] = wishes
    return { kind, ...common, announcement, confirmation }
  }
  const [minNodeTier = '', ...flags] = wishes
  const [isSidecar, unannounced, zeroConf] = flags.map((flag) => flag === 'true')
  return {
    kind: 'bid',
    ...common,
    minNodeTier,
    isSidecar: isSidecar === true,
    unannounced: unannounced === true,
    zeroConf: zeroConf === true,
  }
}

function remember<K, V>(known: Map<K, V>, key: K, value: V): V {
  if (known.size >= MOST) known.clear()
  known.set(key, value)
  return value
}
