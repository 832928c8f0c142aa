import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCommand } from '../harness/command.ts'
import { repositoryRoot } from '../harness/paths.ts'
import { makeRunDir } from '../harness/tempDir.ts'

const MINUTES = 60_000

/** What each program says first about itself. */
const PROGRAMS = { poold: 'poold version', pool: 'pool version', auctioneerd: 'auctioneerd', auctionctl: 'auctionctl' }

let dir: string
beforeAll(async () => {
  dir = makeRunDir()
  const packed = await runCommand(
    'npx',
    ['-y', 'pnpm@12.21.0', '--dir', repositoryRoot, 'run', 'packages'],
    5 * MINUTES,
  )
  expect(packed.exitCode, packed.stderr).toBe(0)
  const folder = join(repositoryRoot, '.packages')
  const tarballs = readdirSync(folder).map((name) => join(folder, name))
  mkdirSync(join(dir, 'empty'))
  const install = [
    'install',
    '--prefix',
    join(dir, 'empty'),
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    ...tarballs,
  ]
  const installed = await runCommand('npm', install, 5 * MINUTES)
  expect(installed.exitCode, installed.stderr).toBe(0)
}, 10 * MINUTES)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const installed = (program: string, ...args: readonly string[]) =>
  runCommand(join(dir, 'empty', 'node_modules', '.bin', program), args)

it.each(Object.entries(PROGRAMS))('%s runs where nothing but its tarballs is installed', async (program, first) => {
  const version = await installed(program, '--version')
  expect(version).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(new RegExp(`^${first} \\S+`)) as string })
  expect((await installed(program, '--help')).stdout).toContain(program)
})

it('a command of an installed pool says where no daemon is', async () => {
  const answer = await installed('pool', '--network=regtest', `--basedir=${dir}`, 'getinfo')
  expect(answer.exitCode).toBe(1)
  expect(answer.stderr).toContain(dir)
})
