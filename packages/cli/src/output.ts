import Table from 'cli-table3'
import { colors } from './colors.ts'
import { pickValue } from './pickValue.ts'

/** Where a command's answer goes: tables for people, JSON for programs. */
export interface Output {
  readonly json: boolean
  readonly write: (text: string) => void
}

export interface OutputFlags {
  readonly json?: boolean
  readonly table?: boolean
  readonly get?: string
}

/** JSON on request and whenever nobody is watching; one value of it for `--get`. */
export function makeOutput({ json, table: asTable, get }: OutputFlags): Output {
  const print = (text: string): void => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  return {
    json: get !== undefined || json === true || (asTable !== true && !process.stdout.isTTY),
    write: get === undefined ? print : (text) => print(pickValue(text, get)),
  }
}

/** Plain data (no bytes): 64-bit numbers stay numbers, as the stock tool's plain structs print them. */
export function plainJson(value: unknown, indent = '\t'): string {
  const rawNumbers = new Map<string, string>()
  const text = JSON.stringify(
    value,
    (_key, item: unknown) => {
      if (typeof item !== 'bigint') return item
      const token = `@@${item.toString()}@@`
      rawNumbers.set(`"${token}"`, item.toString())
      return token
    },
    indent,
  )
  let out = text
  for (const [token, number] of rawNumbers) out = out.replaceAll(token, number)
  return out
}

export type Align = 'left' | 'right'

/** A table without inner rules; numbers to the right. */
export function table(columns: readonly (readonly [string, Align])[], rows: readonly (readonly string[])[]): string {
  const grid = new Table({
    head: columns.map(([title]) => colors.bold(title)),
    colAligns: columns.map(([, align]) => align),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 2 },
    chars: Object.fromEntries(
      [
        'top',
        'top-mid',
        'top-left',
        'top-right',
        'bottom',
        'bottom-mid',
        'bottom-left',
        'bottom-right',
        'left',
        'left-mid',
        'mid',
        'mid-mid',
        'right',
        'right-mid',
        'middle',
      ].map((name) => [name, '']),
    ),
  })
  for (const row of rows) grid.push([...row])
  return grid.toString()
}

/** `name  value` lines. */
export function facts(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${colors.dim(name.padEnd(width))}  ${value}`).join('\n')
}
