import { describe, expect, it } from 'vitest'
import { EXAMPLES, leaves } from './examples.ts'
import { poolProgram } from './poolProgram.ts'

const found = leaves(poolProgram())

describe('examples', () => {
  it('are there for every command, and for nothing else', () => {
    expect(Object.keys(EXAMPLES).toSorted()).toEqual(found.map(([path]) => path).toSorted())
  })

  it.each(Object.entries(EXAMPLES).flatMap(([path, lines]) => lines.map((line) => [line, path] as const)))(
    '%s names the command and flags it has',
    (line, path) => {
      const command = found.find(([name]) => name === path)?.[1]
      expect(line.replace(/ --\w+=\S+/, '')).toMatch(/^pool /)
      expect(line).toContain(path)
      const flags = [...line.matchAll(/ --(\w+)/g)].map(([, name]) => `--${name}`)
      const global = poolProgram().options.map((option) => option.long)
      const known = [...global, ...(command?.options.map((option) => option.long) ?? [])]
      expect(known).toEqual(expect.arrayContaining(flags))
      let help = ''
      command?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
      expect(help).toContain(line)
    },
  )
})
