#!/usr/bin/env node
// A bitcoind for the tests on real nodes, without root and without hands:
//   PATH="$(node regtest/daemons/bitcoind.mjs):$PATH" npx -y pnpm@12.21.0 run regtest up
//   node regtest/daemons/bitcoind.mjs COMMAND...     runs the command with it, or says why not and runs nothing
// The one on the PATH if our lnd understands it; else Debian's package with the libraries of its own suite, unpacked into
// the user's cache folder. apt-get fetches them from the mirror this machine knows, with a state of its own.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cache, lock, say } from './cache.mjs'
import { bitcoindOnPath } from './chain.mjs'

/** The one bitcoind among Debian's packages, in its unstable suite only. */
const PACKAGE = 'bitcoin-knots'
const SUITE = 'sid'
const PROGRAMS = ['bitcoind', 'bitcoin-cli']
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const FETCH_MS = 300_000

const key = createHash('sha256').update(`${PACKAGE} ${SUITE} ${process.platform} ${process.arch}`).digest('hex')
const target = join(cache, `bitcoind-${key.slice(0, 16)}`)
const complete = () => PROGRAMS.every((program) => existsSync(join(target, 'bin', program)))

/** The PATH to use. @throws when there is no bitcoind to be had */
async function provide() {
  const own = process.env['PATH'] ?? ''
  if (bitcoindOnPath(own).version !== undefined) return own
  if (!complete()) {
    mkdirSync(cache, { recursive: true })
    const release = await lock(`${target}.lock`, complete)
    try {
      if (!complete()) fetchPackage()
    } finally {
      release()
    }
  }
  return [join(target, 'bin'), own].join(delimiter)
}

/** Into a folder of its own first, so that nobody ever sees half of it. */
function fetchPackage() {
  const scratch = `${target}.${process.pid}`
  const [root, debs] = [join(scratch, 'files'), join(scratch, 'debs')]
  try {
    for (const folder of ['files', 'bin', 'debs/partial', 'lists/partial', 'state']) {
      mkdirSync(join(scratch, folder), { recursive: true })
    }
    const from = mirror()
    say(`bitcoind: fetching ${PACKAGE} of Debian ${SUITE} and its libraries (some 40 MB) from ${from}`)
    const trust = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : ''
    writeFileSync(join(scratch, 'sources.list'), `deb ${trust}${from} ${SUITE} main\n`)
    const apt = ['-qq', ...aptOptions(scratch, debs)]
    run('apt-get', [...apt, 'update'])
    run('apt-get', [...apt, 'install', '--download-only', '--yes', '--no-install-recommends', PACKAGE])
    for (const deb of readdirSync(debs).filter((name) => name.endsWith('.deb'))) {
      run('dpkg-deb', ['--extract', join(debs, deb), root])
    }
    writeWrappers(root, join(scratch, 'bin'))
    const { version, why } = bitcoindOnPath([join(scratch, 'bin'), process.env['PATH']].join(delimiter))
    if (version === undefined) throw new Error(`what Debian has now does not run here: ${why}`)
    for (const folder of ['debs', 'lists', 'state']) rmSync(join(scratch, folder), { recursive: true })
    rmSync(target, { recursive: true, force: true })
    renameSync(scratch, target)
    say(`bitcoind: ${version}, kept in ${target}`)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Of Debian itself among what apt is told to use: on every mirror its path ends so. */
function mirror() {
  const listed = run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']).split('\n')
  const found = listed.find((uri) => /^https?:.*\/debian\/$/.test(uri))
  if (found === undefined) throw new Error('apt on this machine knows no mirror of Debian')
  return found
}

/** Nothing of the machine's own apt is changed, nor counted as installed. */
function aptOptions(scratch, debs) {
  const options = {
    'Dir::Etc::sourcelist': join(scratch, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State': join(scratch, 'state'),
    'Dir::State::lists': join(scratch, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache::archives': debs,
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'Acquire::Languages': 'none',
    'Acquire::http::Timeout': '20',
    'APT::Update::Error-Mode': 'any',
    'APT::Sandbox::User': '',
    'Debug::NoLocking': 'true',
  }
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

/** The package wants a newer libc than the machine's: its programs are started by the loader that came with them. */
function writeWrappers(root, bin) {
  const libraries = join(root, 'usr', 'lib')
  const folder = readdirSync(libraries).find((name) => name.endsWith('-linux-gnu'))
  const loader = readdirSync(join(libraries, folder ?? '')).find((name) => /^ld-linux.*\.so\.\d+$/.test(name))
  if (folder === undefined || loader === undefined) throw new Error('the package came without a loader of libraries')
  for (const program of PROGRAMS) {
    const script = [
      '#!/bin/sh',
      'root=${0%/*}/../files/usr',
      `exec "$root/lib/${folder}/${loader}" --library-path "$root/lib/${folder}" "$root/bin/${program}" "$@"`,
    ]
    writeFileSync(join(bin, program), `${script.join('\n')}\n`, { mode: 0o755 })
  }
}

/** What it printed. @throws with what it complained of */
function run(command, args) {
  try {
    const stdio = ['ignore', 'pipe', 'pipe']
    return execFileSync(command, args, { encoding: 'utf8', stdio, timeout: FETCH_MS, maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    if (error.code === 'ENOENT') throw new Error(`${command} is not installed`)
    const last = String(error.stderr).trim().split('\n').at(-1)
    throw new Error(`${command} failed: ${last === '' ? error.message : last}`)
  }
}

/** Runs a command on it; ends as it ends. */
function runOn(path, [command, ...args]) {
  const env = { ...process.env, PATH: path, TIDEPOOL_CHAIN: 'bitcoind' }
  const child = spawn(command, args, { env, stdio: 'inherit' })
  child.on('error', (error) => {
    say(error.message)
    process.exitCode = 1
  })
  child.on('close', (code) => {
    process.exitCode = code ?? 1
  })
}

const command = process.argv.slice(2)
try {
  const path = await provide()
  if (command.length > 0) runOn(path, command)
  else process.stdout.write(`${path.split(delimiter)[0]}\n`)
} catch (error) {
  say(`bitcoind: none to be had, ${error.message}; ${command.length > 0 ? 'nothing was run' : 'btcd it is'}`)
}
