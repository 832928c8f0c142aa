/** A manual page as man(7) has it: https://man7.org/linux/man-pages/man7/man.7.html */
export interface Page {
  readonly name: string
  readonly summary: string
  readonly synopsis: string
  readonly sections: readonly Section[]
  readonly seeAlso: readonly string[]
}

export interface Section {
  readonly title: string
  readonly blocks: readonly Block[]
}

export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'entry'; readonly term: string; readonly text: string }
  | { readonly kind: 'code'; readonly lines: readonly string[] }

export const paragraph = (text: string): Block => ({ kind: 'paragraph', text })
export const heading = (text: string): Block => ({ kind: 'heading', text })
export const entry = (term: string, text: string): Block => ({ kind: 'entry', term, text })
export const code = (...lines: readonly string[]): Block => ({ kind: 'code', lines })

/** Text that roff takes as it stands: no escapes, no requests at the start of a line, plain ASCII. */
function plain(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replaceAll('–', '\\(en')
    .replaceAll('≥', '>=')
  return escaped.replaceAll(/^([.'])/gm, '\\&$1')
}

const quoted = (text: string): string => `"${plain(text).replaceAll('"', '\\(dq')}"`

/** A heading begins a paragraph by itself. */
function render(block: Block, index: number, all: readonly Block[]): readonly string[] {
  const begin = index === 0 || all[index - 1]?.kind === 'heading' ? [] : ['.PP']
  switch (block.kind) {
    case 'paragraph':
      return [...begin, plain(block.text)]
    case 'heading':
      return [`.SS ${quoted(block.text)}`]
    case 'entry':
      return ['.TP', `.B ${quoted(block.term)}`, plain(block.text)]
    case 'code':
      return [...begin, '.nf', '.RS 4', ...block.lines.map(plain), '.RE', '.fi']
  }
}

/** The page as a file of section 1. */
export function manPage({ name, summary, synopsis, sections, seeAlso }: Page): string {
  const lines = [
    '.\\" Written from the definitions of the program; pnpm run man writes it anew.',
    `.TH ${name.toUpperCase()} 1 "" Tidepool`,
    '.SH NAME',
    `${plain(name)} \\- ${plain(summary)}`,
    '.SH SYNOPSIS',
    `.B ${quoted(name)}`,
    plain(synopsis),
    ...sections.flatMap(({ title, blocks }) => [`.SH ${quoted(title)}`, ...blocks.flatMap(render)]),
    '.SH "SEE ALSO"',
    seeAlso.map((other) => `.BR ${other} (1)`).join(',\n'),
  ]
  return `${lines.join('\n')}\n`
}
