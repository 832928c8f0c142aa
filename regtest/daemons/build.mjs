#!/usr/bin/env node
// Builds the daemons that the tests on real nodes need, once per pinned version, into the user's cache folder:
//   node regtest/daemons/build.mjs [lnd] [lnd-lowest] [lnd-newest] [pool] [verifier] [baker]
// Progress goes to stderr; stdout gets one JSON object with the path of every program and the chain daemon to use.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cache, lock, say } from './cache.mjs'
import { chooseChain } from './chain.mjs'

const here = dirname(fileURLToPath(import.meta.url))

/** A stock trader refuses an lnd that lacks one of the four. */
const LND_TAGS = 'signrpc walletrpc chainrpc invoicesrpc'

/** Modules of pinned programs, by the name a caller knows each program by; the file is named after its package. */
const modules = {
  lnd: {
    tags: LND_TAGS,
    programs: {
      lnd: 'github.com/lightningnetwork/lnd/cmd/lnd',
      lncli: 'github.com/lightningnetwork/lnd/cmd/lncli',
      btcd: 'github.com/btcsuite/btcd',
      btcctl: 'github.com/btcsuite/btcd/cmd/btcctl',
    },
  },
  'lnd-lowest': { tags: LND_TAGS, programs: { 'lnd-lowest': 'github.com/lightningnetwork/lnd/cmd/lnd' } },
  'lnd-newest': { tags: LND_TAGS, programs: { 'lnd-newest': 'github.com/lightningnetwork/lnd/cmd/lnd' } },
  pool: {
    tags: '',
    programs: {
      pool: 'github.com/lightninglabs/pool/cmd/pool',
      poold: 'github.com/lightninglabs/pool/cmd/poold',
    },
  },
  // Our own programs stand in the folder of the module they call; keys of their own, so that a change builds nothing else.
  verifier: { tags: '', folder: 'pool', source: 'verifier/main.go', programs: { verifier: './verifier' } },
  baker: { tags: '', folder: 'pool', source: 'baker/main.go', programs: { baker: './baker' } },
}

async function provide(name) {
  const { tags, programs } = modules[name]
  const target = join(cache, keyOf(name, modules[name]))
  if (!complete(target, programs)) {
    mkdirSync(cache, { recursive: true })
    const release = await lock(`${target}.lock`, () => complete(target, programs))
    try {
      if (!complete(target, programs)) await build(name, tags, programs, target)
    } finally {
      release()
    }
  }
  return Object.fromEntries(Object.entries(programs).map(([program, from]) => [program, join(target, basename(from))]))
}

const folderOf = (name) => join(here, modules[name].folder ?? name)

/** What decides the bytes: the pins, our own source, the tags, the platform. */
function keyOf(name, { tags, source }) {
  const hash = createHash('sha256')
  const files = ['go.mod', 'go.sum', ...(source === undefined ? [] : [source])]
  for (const file of files) hash.update(readFileSync(join(folderOf(name), file)))
  return `${name}-${hash.update(`${tags} ${process.platform} ${process.arch}`).digest('hex').slice(0, 16)}`
}

const complete = (folder, programs) => Object.values(programs).every((from) => existsSync(join(folder, basename(from))))

/** Into a folder of its own first, so that nobody ever sees half a set. */
async function build(name, tags, programs, target) {
  const scratch = `${target}.${process.pid}`
  mkdirSync(scratch, { recursive: true })
  try {
    say(
      `${name}: building ${Object.values(programs)
        .map((from) => basename(from))
        .join(', ')} (some minutes the first time)`,
    )
    const flags = ['-trimpath', '-buildvcs=false', ...(tags === '' ? [] : ['-tags', tags])]
    await go(name, ['build', ...flags, '-o', `${scratch}/`, ...Object.values(programs)])
    rmSync(target, { recursive: true, force: true })
    renameSync(scratch, target)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function go(name, args) {
  const env = { ...process.env, CGO_ENABLED: '0' }
  const child = spawn('go', args, { cwd: folderOf(name), env, stdio: ['ignore', 'ignore', 'pipe'] })
  const started = Date.now()
  let fetched = 0
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('go: downloading ')) fetched++
    else say(`${name}: ${line}`)
  })
  const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`
  const ticker = setInterval(() => say(`${name}: still building, ${elapsed()}, ${fetched} modules fetched`), 15_000)
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      const missing = error.code === 'ENOENT'
      reject(missing ? new Error('Go is not installed: install Go 1.25.10 or newer to build the real daemons') : error)
    })
    child.on('close', (code) => {
      clearInterval(ticker)
      if (code !== 0) return reject(new Error(`${name}: go build failed`))
      say(`${name}: built in ${elapsed()}`)
      resolve()
    })
  })
}

async function main() {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(modules)
  for (const name of wanted)
    if (!(name in modules)) throw new Error(`unknown module ${name}: one of ${Object.keys(modules).join(', ')}`)
  const programs = {}
  for (const name of wanted) Object.assign(programs, await provide(name))
  const chain = chooseChain()
  say(`chain daemon: ${chain.kind}, because ${chain.why}`)
  if (chain.kind === 'bitcoind') programs.bitcoind = 'bitcoind'
  process.stdout.write(`${JSON.stringify({ programs, chain })}\n`)
}

try {
  await main()
} catch (error) {
  say(error.message)
  process.exitCode = 1
}
