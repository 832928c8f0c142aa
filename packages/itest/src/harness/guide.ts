/** A guide as a shell script: commands stay on their lines, so a number bash names is a line of the guide. */
export interface Guide {
  readonly script: string
  /** What people are shown: for each `text` block the `sh` block before it has to print. */
  readonly expectations: readonly Expectation[]
}

interface Expectation {
  /** Line of the guide on which the block of commands ends. */
  readonly block: number
  readonly lines: readonly { readonly line: number; readonly text: string }[]
}

interface Fence {
  readonly language: string
  readonly first: number
}

/** Ends the output of a block of commands; with its line. */
const MARK = '\u001E'

/** The `sh` blocks of a guide, and the `text` blocks as what they are to print. */
export function readGuide(markdown: string): Guide {
  const out: string[] = []
  const expectations: Expectation[] = []
  let open: Fence | undefined
  let block = 0
  let shown: { line: number; text: string }[] = []
  for (const [i, text] of markdown.split('\n').entries()) {
    const line = i + 1
    let command = ''
    const fence = /^```(\w*)$/.exec(text)
    if (fence !== null && open === undefined) open = { language: fence[1] ?? '', first: line }
    else if (fence !== null) {
      if (open?.language === 'sh') {
        block = line
        command = `printf '\\036%d\\n' ${line}`
      }
      if (open?.language === 'text') expectations.push({ block, lines: shown })
      shown = []
      open = undefined
    } else if (open?.language === 'sh') command = text
    else if (open?.language === 'text') shown.push({ line, text })
    out.push(command)
  }
  return { script: `${out.join('\n')}\n`, expectations }
}

/** Expected lines that the output lacks, in their order; `…` stands for anything, spaces for any spaces. */
export function missingLines({ expectations }: Guide, stdout: string): readonly string[] {
  const outputs = new Map<number, string>()
  for (const part of stdout.split(new RegExp(`(?<=${MARK}\\d+\\n)`))) {
    const end = new RegExp(`${MARK}(\\d+)\\n$`).exec(part)
    if (end !== null) outputs.set(Number(end[1]), part.slice(0, end.index))
  }
  return expectations.flatMap(({ block, lines }) => {
    let rest = (outputs.get(block) ?? '').split('\n')
    return lines.flatMap(({ line, text }) => {
      const found = rest.findIndex((one) => pattern(text).test(one))
      if (found < 0) return [`line ${line}: ${text}`]
      rest = rest.slice(found + 1)
      return []
    })
  })
}

const pattern = (text: string): RegExp =>
  new RegExp(
    text
      .trim()
      .split('…')
      .map((part) =>
        part
          .split(/\s+/)
          .map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('\\s+'),
      )
      .join('.*'),
  )
