export interface DemoOptions {
  /** One object at the end, nothing else. */
  readonly json: boolean
  /** The stack lives on until it is interrupted. */
  readonly keep: boolean
  readonly help: boolean
}

export const USAGE = `pnpm run demo [--json] [--keep]

  --json  print one JSON object at the end instead of the story
  --keep  leave the stack running afterwards and say how to go on
`

/** @throws Error for a word it does not know */
export function readOptions(words: readonly string[]): DemoOptions {
  const known = new Set(['--', '--json', '--keep', '--help', '-h'])
  const strange = words.find((word) => !known.has(word))
  if (strange !== undefined) throw new Error(`what is '${strange}' for?\n\n${USAGE}`)
  const has = (...names: readonly string[]) => names.some((name) => words.includes(name))
  return { json: has('--json'), keep: has('--keep'), help: has('--help', '-h') }
}
