const WIDTH = 100
const INDENT = 36

/** An option of a daemon in words. */
export interface OptionText {
  readonly name: string
  readonly text: string
  /** What stands for the value, such as `FILE`; none for switches. */
  readonly value?: string
  /** The default as one would write it, or in words; none where `text` tells it. */
  readonly standing?: string
}

export interface OptionGroup {
  readonly title: string
  readonly options: readonly OptionText[]
}

/** Lines of at most `width` characters, broken between words. */
export function wrapWords(text: string, width = WIDTH): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

export const flagOf = ({ name, value }: OptionText): string => `--${name}${value === undefined ? '' : `=${value}`}`

function entry(option: OptionText): string {
  const flag = `  ${flagOf(option)}`
  const note = option.standing === undefined ? '' : ` (default: ${option.standing})`
  const lines = wrapWords(option.text + note, WIDTH - INDENT)
  const first = flag.length < INDENT ? [flag.padEnd(INDENT) + (lines.shift() ?? '')] : [flag]
  return [...first, ...lines.map((line) => ' '.repeat(INDENT) + line)].join('\n')
}

/** `--help`: every option in its group, with its default. */
export function usageText(head: string, groups: readonly OptionGroup[]): string {
  return [head, ...groups.map(({ title, options }) => `${title}:\n${options.map(entry).join('\n')}`)].join('\n\n')
}
