import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { completionScript } from './completion.ts'
import { poolProgram } from './poolProgram.ts'

const script = (shell: string): string => completionScript(poolProgram(), shell) ?? ''

/** What bash offers for the last of some words. */
function offered(...words: readonly string[]): readonly string[] {
  const list = words.map((word) => `'${word}'`).join(' ')
  const program = `${script('bash')}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _pool; echo "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', program]).toString().trim().split(/\s+/)
}

describe('completion', () => {
  it('offers commands, subcommands by any name, and flags', () => {
    expect(offered('pool', 'a')).toEqual(['accounts', 'auction'])
    expect(offered('pool', 'accounts', 'de')).toEqual(['deposit'])
    expect(offered('pool', '--network=regtest', 'a', 're')).toEqual(['renew', 'recover'])
    expect(offered('pool', 'o', 's', '')).toEqual(expect.arrayContaining(['ask', 'bid']))
    expect(offered('pool', 'orders', 'submit', 'bid', '--sid')).toEqual(['--sidecar_ticket'])
    expect(offered('pool', 'orders', 'submit', 'bid', '--netw')).toEqual(['--network'])
    expect(offered('pool', 'nothing', 'getin')).toEqual(['getinfo'])
  })

  it('is there for zsh and fish too, and for no other', () => {
    expect(script('zsh')).toContain('bashcompinit')
    expect(script('fish')).toContain("-n '__fish_seen_subcommand_from accounts; and true' -a new")
    expect(script('fish')).toContain("daemon'\\''s")
    expect(completionScript(poolProgram(), 'toString')).toBeUndefined()
  })
})
