import { describe, expect, it } from 'vitest'
import { missingLines, readGuide } from '../harness/guide.ts'

const GUIDE = readGuide(`# A guide
Some words.
\`\`\`sh
first
second
\`\`\`
More of them.
\`\`\`text
1,000  open … channel
2 (of 3)
\`\`\`
\`\`\`console
not run
\`\`\`
`)

describe('a guide', () => {
  it('becomes a script whose line numbers are its own', () => {
    const lines = GUIDE.script.split('\n')
    expect(lines.slice(3, 6)).toEqual(['first', 'second', "printf '\\036%d\\n' 6"])
    expect(lines.filter((line) => line !== '')).toHaveLength(3)
  })

  it('finds what is shown in what was printed, whatever stands around it', () => {
    const printed = 'KEY\n  1,000   open 02ab a channel here\nmore\n2 (of 3)\n\u001E6\n'
    expect(missingLines(GUIDE, printed)).toEqual([])
  })

  it.each([
    ['another value', '1,001 open 02ab channel\n2 (of 3)\n\u001E6\n', ['line 9: 1,000  open … channel']],
    ['another order', '2 (of 3)\n1,000 open x channel\n\u001E6\n', ['line 10: 2 (of 3)']],
    [
      'another block',
      '1,000 open x channel\n2 (of 3)\n\u001E7\n',
      ['line 9: 1,000  open … channel', 'line 10: 2 (of 3)'],
    ],
  ])('names what is missing: %s', (_what, printed, missing) => {
    expect(missingLines(GUIDE, printed)).toEqual(missing)
  })
})
