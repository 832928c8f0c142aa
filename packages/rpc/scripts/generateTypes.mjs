/**
 * Writes src/gen from the .proto files in /proto and from lnd's. Runs after every install, so it is plain JavaScript,
 * and again by hand when a .proto file changed. Files that stay the same are not touched.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRequire } from 'node:module'
import { readDescriptors } from './descriptors.mjs'
import { emitIndex, emitPackage, emitSchema, emitServices } from './emit.mjs'

const require = createRequire(import.meta.url)
const { loadSync } = require('@grpc/proto-loader')

const LND_FILES = [
  'lightning.proto',
  'stateservice.proto',
  'signrpc/signer.proto',
  'walletrpc/walletkit.proto',
  'chainrpc/chainnotifier.proto',
  'chainrpc/chainkit.proto',
  'verrpc/verrpc.proto',
  'routerrpc/router.proto',
  'invoicesrpc/invoices.proto',
]

const ownRoot = fileURLToPath(new URL('../../../proto', import.meta.url))
const lndRoot = join(dirname(require.resolve('@lightningpolar/lnd-api/package.json')), 'protos')
const target = fileURLToPath(new URL('../src/gen', import.meta.url))

/** proto-loader gives every definition the descriptors of all files: any one will do. */
function load(root, files) {
  const definitions = Object.values(loadSync(files, { includeDirs: [root], keepCase: true }))
  const definition = definitions.find((candidate) => 'fileDescriptorProtos' in candidate)
  return readDescriptors(definition.fileDescriptorProtos)
}

const ownFiles = readdirSync(ownRoot)
  .filter((name) => name.endsWith('.proto'))
  .sort()
const [own, lnd] = [load(ownRoot, ownFiles), load(lndRoot, LND_FILES)]
const all = {
  messages: new Map([...own.messages, ...lnd.messages]),
  enums: new Map([...own.enums, ...lnd.enums]),
  services: new Map([...own.services, ...lnd.services]),
}
const packageNames = [...all.messages.keys()].map((name) => name.slice(0, name.indexOf('.')))
const packages = [...new Set(packageNames)].toSorted((a, b) => (a < b ? -1 : 1))

const files = new Map([
  ...packages.map((pkg) => [`${pkg}.ts`, emitPackage(pkg, all)]),
  ['schema.ts', emitSchema(all)],
  ['services.ts', emitServices(packages, all)],
  ['packages.ts', emitIndex(packages)],
])

mkdirSync(target, { recursive: true })
for (const name of readdirSync(target)) if (!files.has(name)) rmSync(join(target, name))
for (const [name, text] of files) {
  const path = join(target, name)
  let before
  try {
    before = readFileSync(path, 'utf8')
  } catch {
    // first run
  }
  if (before !== text) writeFileSync(path, text)
}
