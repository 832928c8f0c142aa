import { styleText } from 'node:util'

/** How the story is told; `silence` for machines. */
export interface Voice {
  title(text: string): void
  chapter(text: string): void
  say(text: string): void
  /** A command as the person types it. */
  command(who: string, line: string): void
  /** Rows under each other; columns that start with a digit or a sign stand to the right. */
  table(rows: readonly (readonly string[])[]): void
  check(passed: boolean, text: string): void
}

const WIDTH = 92
const INDENT = '   '
type Style = Parameters<typeof styleText>[0]

export const silence: Voice = {
  title: () => undefined,
  chapter: () => undefined,
  say: () => undefined,
  command: () => undefined,
  table: () => undefined,
  check: () => undefined,
}

export function voiceOn(stream: NodeJS.WriteStream): Voice {
  const colours = stream.isTTY && process.env['NO_COLOR'] === undefined
  const paint = (style: Style, text: string): string => (colours ? styleText(style, text) : text)
  const write = (line: string): void => void stream.write(`${line}\n`)
  let number = 0
  return {
    title: (text) => write(`\n${paint('bold', text)}`),
    chapter: (text) => write(`\n${paint(['bold', 'cyan'], `${++number}  ${text}`)}\n`),
    say: (text) => wrap(text).forEach((line) => write(INDENT + line)),
    command: (who, line) => write(`${INDENT}${paint('dim', `${who} $`)} ${line}`),
    table: (rows) => write(`${columns(rows).join('\n')}`),
    check: (passed, text) => write(`${INDENT}${passed ? paint('green', '✓') : paint('red', '✗')} ${text}`),
  }
}

export function wrap(text: string, width = WIDTH - INDENT.length): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}

const isNumber = (cell: string): boolean => /^[-+]?[\d,]+( sat)?$/.test(cell)

export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const count = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const cell = (text: string, i: number): string =>
    isNumber(text) ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)
  return rows.map((row) => `${INDENT}  ${row.map(cell).join('   ')}`.trimEnd())
}

/** `1,250,000`. */
export const grouped = (value: bigint | number): string => value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',')
export const sat = (value: bigint | number): string => `${grouped(value)} sat`
export const signed = (value: bigint): string => (value < 0n ? grouped(value) : `+${grouped(value)}`)
