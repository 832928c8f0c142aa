import { join } from 'node:path'
import { expect, it } from 'vitest'
import { repositoryRoot } from '../harness/paths.ts'
import { manPages } from '../man/pages.ts'
import { code, manPage, paragraph } from '../man/roff.ts'

it.each(manPages())('%s says what the program says of itself (else: pnpm run man)', async (path, text) => {
  await expect(text).toMatchFileSnapshot(join(repositoryRoot, path))
})

it('text that looks like a request to roff stays text', () => {
  const blocks = [paragraph("a-b \\ c\n.so file\n'quote"), code('.x')]
  const text = manPage({
    name: 'x',
    summary: 's',
    synopsis: '',
    sections: [{ title: 'A "B"', blocks }],
    seeAlso: ['y'],
  })
  expect(text).toContain("a\\-b \\e c\n\\&.so file\n\\&'quote")
  expect(text).toContain('.SH "A \\(dqB\\(dq"')
  expect(text).toContain('.RS 4\n\\&.x\n.RE')
})
