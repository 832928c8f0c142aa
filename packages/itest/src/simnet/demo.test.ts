import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from '../harness/command.ts'
import { repositoryRoot } from '../harness/paths.ts'
import { until } from '../harness/until.ts'

const PATIENCE_MS = 110_000

interface Report {
  readonly ok: boolean
  readonly audit: readonly { readonly passed: boolean; readonly text: string }[]
  readonly channel: { readonly capacity: number; readonly active: { readonly alice: boolean; readonly bob: boolean } }
  readonly balances: readonly { readonly owner: string; readonly end: number }[]
  readonly go_on: readonly string[]
}

/** The words of `alias NAME='WORDS'`. */
function aliased(lines: readonly string[], name: string): readonly string[] {
  const line = lines.find((one) => one.startsWith(`alias ${name}=`)) ?? ''
  return line.slice(line.indexOf("'") + 1, -1).split(' ')
}

it('the demo prints one object, goes on by hand, and leaves nothing behind', async () => {
  const demo = spawn(process.execPath, [join(repositoryRoot, 'packages/itest/dist/demo/main.js'), '--json', '--keep'])
  let printed = ''
  let complained = ''
  demo.stdout.on('data', (text: Buffer) => (printed += text.toString()))
  demo.stderr.on('data', (text: Buffer) => (complained += text.toString()))
  const ended = new Promise<number | null>((resolve) => demo.on('exit', resolve))
  try {
    const finished = () => printed.endsWith('}\n') || demo.exitCode !== null
    await until('the demo has told its story', finished, { timeoutMs: PATIENCE_MS })
    expect(complained).toBe('')
    const report = JSON.parse(printed) as Report
    expect(report.audit.filter(({ passed }) => !passed)).toEqual([])
    expect(report).toMatchObject({ ok: true, channel: { capacity: 800_000, active: { alice: true, bob: true } } })

    const [node = '', ...words] = aliased(report.go_on, 'alice')
    const { stdout } = await runCommand(node, [...words, 'accounts', 'list'])
    expect(JSON.parse(stdout)).toMatchObject({ accounts: [{ value: report.balances[0]?.end, state: 'OPEN' }] })

    demo.kill('SIGINT')
    expect(await ended).toBe(130)
    const folder = words.find((word) => word.startsWith('--basedir='))?.slice('--basedir='.length) ?? ''
    expect(folder).not.toBe('')
    expect(existsSync(folder)).toBe(false)
  } finally {
    demo.kill('SIGTERM')
  }
})
