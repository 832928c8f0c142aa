import type { World } from './world.ts'

export interface Difference {
  /** Keys joined by dots, `[]` for members of a list. */
  readonly path: string
  readonly stock: string
  readonly ours: string
}

const TIME = /timestamp|time_created/
const HEX = /\b[0-9a-f]{64,}\b/g
/** Long enough for a txid. */
const BASE64 = /^[A-Za-z0-9+/]{43,}={0,2}$/
const OUTPOINT = /<hex>:\d+/g
const ADDRESS = /\bbcrt1[a-z0-9]{20,}/g

/** What each world has of its own, such as keys, txids and times, under a common name; lists in one order. */
export function common(value: unknown, world: World): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => common(item, world))
    return items
      .map((item) => [JSON.stringify(item), item] as const)
      .toSorted(byKey)
      .map(([, item]) => item)
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, item]) => [commonText(key, world), named(key, item, world)] as const,
    )
    return Object.fromEntries(entries.toSorted(byKey))
  }
  return typeof value === 'string' ? commonText(value, world) : value
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0)

/** Without what depends on chance or on what lnd still knows; see NOT_COMPARED. */
function comparableFees(list: unknown): unknown {
  const fees = list as readonly { readonly action: string }[]
  return fees
    .filter(({ action }) => action !== 'renew')
    .map((fee) => (fee.action === 'create' ? { ...fee, output_amount: '<any>' } : fee))
}

/** A time is a time, none stays none; where a wallet or a shuffle puts an output is chance. */
function named(key: string, value: unknown, world: World): unknown {
  if (TIME.test(key)) return value === '0' || value === 0 ? value : '<time>'
  if (key === 'modification_fees') return common(comparableFees(value), world)
  return key === 'output_index' ? '<index>' : common(value, world)
}

export function commonText(text: string, world: World): string {
  let out = text
  for (const [known, name] of world.names()) out = out.replaceAll(known, `<${name}>`)
  return BASE64.test(out)
    ? '<hex>'
    : out.replace(HEX, '<hex>').replace(OUTPOINT, '<outpoint>').replace(ADDRESS, '<address>')
}

export function differences(stock: unknown, ours: unknown, path = ''): readonly Difference[] {
  if (Array.isArray(stock) && Array.isArray(ours) && stock.length === ours.length) {
    return stock.flatMap((item, index) => differences(item, ours[index], `${path}[]`))
  }
  if (isObject(stock) && isObject(ours)) {
    const keys = [...new Set([...Object.keys(stock), ...Object.keys(ours)])]
    return keys.flatMap((key) => differences(stock[key], ours[key], path === '' ? key : `${path}.${key}`))
  }
  const [left, right] = [JSON.stringify(stock) ?? 'nothing', JSON.stringify(ours) ?? 'nothing']
  return left === right ? [] : [{ path, stock: left, ours: right }]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
