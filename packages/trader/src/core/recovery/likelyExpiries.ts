/** Blocks that accounts usually run for, the command line's default first. */
const DEFAULT_TERMS = [4320, 2016, 4032, 1008, 8064, 12_096, 52_560] as const
const USUAL_TERMS = [144, 288, 432, 576, 720, 1000, 1440, 2000, 2880, 3024, 4000, 5000, 6048, 8640, 10_000] as const
const LONG_TERMS = [
  10_080, 12_960, 16_128, 17_280, 20_160, 24_192, 25_920, 26_280, 30_240, 32_256, 40_320, 48_384,
] as const

/** Expiry extension of a batch. Pool's public auctioneer */
export const BATCH_EXTENSION = 3024
/** Bounds on an account's expiry, seen from the height it was asked for. Pool account/manager.go */
export const MIN_TERM = 144
export const MAX_TERM = 52_560
/** Blocks between asking and confirmation, as far as we think of it. */
const QUICK = 3
const SLOW = 12
/** The longest wait for a confirmation that the widest search allows for. */
const LONGEST_WAIT = 144

export type Breadth = 'quick' | 'usual' | 'all'

const sorted = (heights: Iterable<number>): readonly number[] =>
  [...new Set(heights)].filter((height) => height > 0).toSorted((a, b) => a - b)

function span(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
}

/** Expiries of accounts that were asked for shortly before `height`, at which they were confirmed. */
export function expiriesAfter(height: number, breadth: Breadth): readonly number[] {
  switch (breadth) {
    case 'quick':
      return sorted(span(height - QUICK, height - 1).flatMap((asked) => DEFAULT_TERMS.map((term) => asked + term)))
    case 'usual': {
      const terms = [...DEFAULT_TERMS, ...USUAL_TERMS, ...LONG_TERMS]
      return sorted(span(height - SLOW, height - 1).flatMap((asked) => terms.map((term) => asked + term)))
    }
    case 'all':
      return span(Math.max(1, height - LONGEST_WAIT + MIN_TERM), height + MAX_TERM)
  }
}

/** The same for several openings, each height once. */
export const expiriesAfterAll = (heights: readonly number[], breadth: Breadth): readonly number[] =>
  sorted(heights.flatMap((height) => expiriesAfter(height, breadth)))

/**
 * Expiries of an output that replaced one with expiry `previous`, likeliest first: unchanged, a batch's extension,
 * usual terms, then every height in the range. Nothing comes twice.
 */
export function* nextExpiries(
  previous: number,
  height: number,
  range: HeightRange,
): Generator<number, void, undefined> {
  const seen = new Set<number>()
  const likely = [previous, ...span(height - SLOW, height).map((asked) => asked + BATCH_EXTENSION)]
  for (const expiry of [...likely, ...expiriesAfter(height, 'usual'), ...span(range.from, range.to)]) {
    if (expiry <= 0 || seen.has(expiry)) continue
    seen.add(expiry)
    yield expiry
  }
}

/** Both included. */
export interface HeightRange {
  readonly from: number
  readonly to: number
}
