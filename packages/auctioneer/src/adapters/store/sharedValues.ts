import type { FeeSchedule, NodeFilter } from '@tidepool/market'

/** Distinct values of one kind that are remembered; then it starts anew, so that odd values cannot fill the memory. */
const MOST = 100_000

/** Values that many records have in common, made once: a book of a million orders takes half the memory and time. */
export class Shared {
  readonly #texts = new Map<string, string>()
  readonly #integers = new Map<string, bigint>()
  readonly #filters = new Map<string, unknown>()
  readonly #addresses = new Map<string, unknown>()
  #last: { readonly baseFee: string; readonly feeRatePpm: string; readonly terms: FeeSchedule } | undefined

  text(text: string): string {
    return once(this.#texts, text, () => text)
  }

  integer(text: string): bigint {
    return once(this.#integers, text, () => BigInt(text))
  }

  filter(kind: string, nodes: readonly string[]): unknown {
    if (kind === ANY.kind) return ANY
    return once(this.#filters, `${kind} ${nodes.join(' ')}`, () => ({
      kind,
      nodes: nodes.map((node) => this.text(node)),
    }))
  }

  addresses(texts: readonly string[]): unknown {
    return once(this.#addresses, `${texts.length} ${texts.join(' ')}`, () =>
      texts.map((addr) => ({ network: 'tcp', addr })),
    )
  }

  /** They change seldom, so that those of one order are mostly those of the one before. */
  terms(baseFee: string, feeRatePpm: string): FeeSchedule {
    const last = this.#last
    if (last?.baseFee === baseFee && last.feeRatePpm === feeRatePpm) return last.terms
    const terms = { baseFee: BigInt(baseFee), feeRatePpm: BigInt(feeRatePpm) } as FeeSchedule
    this.#last = { baseFee, feeRatePpm, terms }
    return terms
  }
}

const ANY: NodeFilter = { kind: 'any' }

function once<T>(known: Map<string, T>, text: string, make: () => T): T {
  const before = known.get(text)
  if (before !== undefined) return before
  if (known.size >= MOST) known.clear()
  const made = make()
  known.set(text, made)
  return made
}
