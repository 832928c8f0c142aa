import type { JsonValue } from '@tidepool/rpc'

/**
 * field: both have the message, a value in it differs. refused: ours is an error instead of an answer. missing: ours
 * does not send what was recorded. extra: ours sends what was not. outcome: a command ends another way.
 */
export type DifferenceKind = 'field' | 'refused' | 'missing' | 'extra' | 'outcome'

export interface Difference {
  readonly file: string
  readonly kind: DifferenceKind
  /** Message or method it is about, with the member of a stream message: `ServerAuctionMessage.prepare`. */
  readonly what: string
  /** Dotted, list positions as `[]`; empty for differences of whole messages. */
  readonly path: string
  readonly recorded: JsonValue
  readonly ours: JsonValue
}

/** Why a difference is right. */
export interface Explanation {
  readonly id: string
  /** What of which message or command, for docs/compatibility.md. */
  readonly where: string
  readonly kind: DifferenceKind
  readonly what: string | RegExp
  readonly path: string | RegExp
  /** One sentence for docs/compatibility.md. */
  readonly reason: string
  /** Only these files; undefined for all. */
  readonly files?: readonly string[]
  /** Narrower: both values must fit. */
  readonly values?: (recorded: JsonValue, ours: JsonValue) => boolean
}

/** What a replay takes from the recording because ours would rightly do it otherwise, or because it was not recorded. */
export interface StandIn {
  readonly where: string
  readonly reason: string
}

/** Every leaf at which two messages differ. */
export function fieldDifferences(
  file: string,
  what: string,
  recorded: JsonValue,
  ours: JsonValue,
): readonly Difference[] {
  return leaves(recorded, ours, '').map((leaf) => ({ file, kind: 'field', what, ...leaf }))
}

/** Lists whose order means nothing, with what tells their members apart. */
const UNORDERED: Readonly<Record<string, (member: JsonValue) => string>> = {
  charged_accounts: (member) => textAt(member, 'trader_key'),
  events: (member) => `${textAt(member, 'event_str')} ${textAt(member, 'matched', 'matched_order')}`,
  matched_asks: (member) => textAt(member, 'ask', 'details', 'order_nonce'),
  matched_bids: (member) => textAt(member, 'bid', 'details', 'order_nonce'),
}

type Leaf = Pick<Difference, 'path' | 'recorded' | 'ours'>

function leaves(recorded: JsonValue, ours: JsonValue, path: string): readonly Leaf[] {
  if (isList(recorded) && isList(ours) && recorded.length === ours.length) {
    return recorded.flatMap((item, i) => leaves(item, ours[i] ?? null, `${path}[]`))
  }
  if (isObject(recorded) && isObject(ours)) {
    const names = new Set([...Object.keys(recorded), ...Object.keys(ours)])
    return [...names].flatMap((name) =>
      leaves(sorted(name, recorded[name]), sorted(name, ours[name]), path === '' ? name : `${path}.${name}`),
    )
  }
  return JSON.stringify(recorded) === JSON.stringify(ours) ? [] : [{ path, recorded, ours }]
}

function sorted(name: string, value: JsonValue = null): JsonValue {
  const key = UNORDERED[name]
  if (key === undefined || !isList(value)) return value
  return value.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

const textAt = (value: JsonValue, ...path: readonly string[]): string =>
  JSON.stringify(path.reduce((at, name) => (isObject(at) ? (at[name] ?? null) : null), value))

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value)
const isObject = (value: JsonValue): value is { readonly [key: string]: JsonValue } =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** The first explanation that covers a difference. */
export const explanationOf = (difference: Difference, known: readonly Explanation[]): Explanation | undefined =>
  known.find(
    ({ kind, what, path, files, values }) =>
      kind === difference.kind &&
      fits(what, difference.what) &&
      fits(path, difference.path) &&
      (files === undefined || files.includes(difference.file)) &&
      (values === undefined || values(difference.recorded, difference.ours)),
  )

const fits = (pattern: string | RegExp, text: string): boolean =>
  typeof pattern === 'string' ? pattern === text : pattern.test(text)

/** A difference in one line. */
export const lineOf = ({ file, kind, what, path, recorded, ours }: Difference): string =>
  `${file}: ${kind} ${what}${path === '' ? '' : ` ${path}`}: recorded ${short(recorded)}, ours ${short(ours)}`

function short(value: JsonValue): string {
  const text = JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}
