import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { runCommand } from '../harness/command.ts'
import { missingLines, readGuide } from '../harness/guide.ts'
import { repositoryRoot } from '../harness/paths.ts'
import { freePort } from '../harness/ports.ts'
import { stackFile } from '../harness/settings.ts'
import { makeRunDir } from '../harness/tempDir.ts'
import { logTails } from '../harness/tails.ts'

const regtest = join(repositoryRoot, 'packages', 'itest', 'dist', 'regtest', 'main.js')
/** Several minutes are usual; this ends what hangs. */
const LIMIT_MS = 1_200_000
const TEST_MS = LIMIT_MS + 60_000

/** Every port of `regtest/stack.json` and one for health, in files and commands alike, becomes a free one. */
async function onFreePorts(): Promise<(text: string) => string> {
  const names = [...readFileSync(stackFile, 'utf8').matchAll(/"\w*Port": (\d+)/g)].map(([, port]) => port ?? '')
  const ports = new Map<string, number>()
  for (const port of [...names, '8290', '8291']) ports.set(port, await freePort())
  return (text) => text.replaceAll(/\b\d{4,5}\b/g, (port) => String(ports.get(port) ?? port))
}

/** A stack of its own for each guide: other ports, another folder; the rest is as it stands there. */
class Reader {
  readonly #dir = makeRunDir()
  readonly #stack = join(this.#dir, 'stack')
  #end: () => void = () => undefined

  async run(name: string) {
    const move = await onFreePorts()
    const settings = join(this.#dir, 'stack.json')
    writeFileSync(settings, move(readFileSync(stackFile, 'utf8')))
    const text = move(readFileSync(join(repositoryRoot, 'docs', name), 'utf8')).replaceAll('.regtest', this.#stack)
    const guide = readGuide(text)
    const script = join(this.#dir, name.replace('.md', '.sh'))
    writeFileSync(script, guide.script)
    const env = this.#environment(settings)
    const ended = await this.#bash(script, env)
    const told = `docs/${name}: ${/line \d+ .*/.exec(ended.stderr)?.[0] ?? ''}\n${ended.stderr.slice(-3000)}`
    return { code: ended.code, told, missing: missingLines(guide, ended.stdout), tails: () => this.#tails() }
  }

  /** As on a terminal: tables. */
  #environment(settings: string): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...{ TIDEPOOL_STACK: settings, TIDEPOOL_STACK_DIR: this.#stack },
      ...{ POOL_TABLE: '1', AUCTIONCTL_TABLE: '1', NO_COLOR: '1' },
    }
  }

  /** Ends at the first command that fails and names its line. */
  #bash(script: string, env: NodeJS.ProcessEnv) {
    const trap = `trap 'echo "line $LINENO: $BASH_COMMAND failed" >&2' ERR; source "${script}"`
    const options = { cwd: repositoryRoot, env, detached: true, stdio: 'pipe' } as const
    const child = spawn('bash', ['-eEo', 'pipefail', '-c', trap], options)
    const written = { stdout: '', stderr: '' }
    child.stdin.end()
    child.stdout.on('data', (data: Buffer) => (written.stdout += data.toString()))
    child.stderr.on('data', (data: Buffer) => (written.stderr += data.toString()))
    // What the guide left running belongs to its group.
    this.#end = () => {
      try {
        process.kill(-(child.pid ?? 0), 'SIGTERM')
      } catch {
        // All of it has ended.
      }
    }
    const timer = setTimeout(() => {
      written.stderr += `\nended: it took more than ${LIMIT_MS / 1000} s`
      this.#end()
    }, LIMIT_MS)
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      child.on('exit', (code) => {
        clearTimeout(timer)
        this.#end()
        resolve({ code, ...written })
      })
    })
  }

  #tails(): string {
    return logTails(join(this.#stack, 'logs'))
  }

  async close(): Promise<void> {
    this.#end()
    const env = { TIDEPOOL_STACK: join(this.#dir, 'stack.json'), TIDEPOOL_STACK_DIR: this.#stack }
    const words = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    await runCommand('env', [...words, process.execPath, regtest, 'down'])
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

describe('the guides, typed word for word', () => {
  let reader: Reader | undefined
  afterEach(() => reader?.close(), 120_000)

  it.each(['guide-trader.md', 'guide-operator.md'])('%s', { timeout: TEST_MS }, async (name) => {
    reader = new Reader()
    const { code, told, missing, tails } = await reader.run(name)
    expect(code, code === 0 ? '' : `${told}\n${tails()}`).toBe(0)
    expect(missing).toEqual([])
  })
})
