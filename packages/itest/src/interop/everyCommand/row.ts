/** What a row of the table does in both worlds. `{name}` in its words stands for something a world knows. */
export type Row = CommandRow | StepRow

export interface CommandRow {
  readonly kind: 'command'
  /** Of the stock command line, after the global flags. */
  readonly words: readonly string[]
  /** Typed by the user. */
  readonly input?: string
  /** How the daemon is named; `paths` takes files and network of the main network. */
  readonly globals?: 'usual' | 'short' | 'paths' | 'none'
  /** Names for what the answer holds, by path in its JSON. */
  readonly save?: Readonly<Record<string, string>>
  /** Exit code of both; 0 unless told. */
  readonly exit?: number
  /** Command line that runs it against both daemons; the stock one unless told. */
  readonly tool?: Tool
  /** It would end the stock daemon. */
  readonly oursAlone?: true
}

export type Tool = 'stock' | 'ours'

export interface StepRow {
  readonly kind: 'step'
  readonly step: 'mine' | 'untilOpen' | 'trade' | 'height'
}

/** The same with flags for what differs from the usual. */
export const run = (words: string, more: Omit<CommandRow, 'kind' | 'words'> = {}): CommandRow => ({
  kind: 'command',
  words: words.split(' ').filter((word) => word !== ''),
  ...more,
})

export const step = (name: StepRow['step']): StepRow => ({ kind: 'step', step: name })

/** How a row is named in reports. */
export const titleOf = ({ words, globals, input, tool }: CommandRow): string => {
  const front = [
    ...(globals === undefined || globals === 'usual' ? [] : [globals]),
    ...(tool === 'ours' ? ['our pool'] : []),
  ].map((one) => `(${one})`)
  const back = input === undefined ? [] : [`<<${input.trim()}`]
  return [...front, ...words, ...back].join(' ')
}

const CHANGES =
  /^(accounts (new|deposit|withdraw|renew|close|bumpfee|recover)|orders (submit|cancel)|sidecar offer|stop)\b/

/** Asking again changes nothing, and nobody has to type: it only reads, or is refused. */
export const isRepeatable = ({ words, input, exit = 0, tool }: CommandRow): boolean =>
  tool !== 'ours' && input === undefined && (exit !== 0 || !CHANGES.test(words.join(' ')))
