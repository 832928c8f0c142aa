import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadSync, type MessageTypeDefinition, type PackageDefinition } from '@grpc/proto-loader'
import { CodecError } from '../src/codec/errors.ts'

/** Our own .proto files. */
const OWN_ROOT = fileURLToPath(new URL('../../../proto', import.meta.url))

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

const load = (root: string, files: readonly string[]): PackageDefinition =>
  loadSync([...files], { includeDirs: [root], keepCase: true, longs: String })

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** Definitions of our own services, loaded when first used: lnd's take longer. */
export const ownDefinitions = lazy(() =>
  load(
    OWN_ROOT,
    readdirSync(OWN_ROOT).filter((name) => name.endsWith('.proto')),
  ),
)

/** Definitions of lnd's services, from the .proto files lnd's own release ships. */
const lndDefinitions = lazy(() => {
  const manifest = createRequire(import.meta.url).resolve('@lightningpolar/lnd-api/package.json')
  return load(join(dirname(manifest), 'protos'), LND_FILES)
})

type PlainMessage = Readonly<Record<string, unknown>>

const isMessage = (entry: PackageDefinition[string]): entry is MessageTypeDefinition<object, object> =>
  'serialize' in entry && typeof entry.serialize === 'function' && 'format' in entry

/** The loader's codec of one message. @throws CodecError UNKNOWN_MESSAGE */
export function loadedMessage(name: string): MessageTypeDefinition<PlainMessage, PlainMessage> {
  const own = name.startsWith('poolrpc.') || name.startsWith('tidepool.')
  const entry = (own ? ownDefinitions() : lndDefinitions())[name]
  if (entry === undefined || !isMessage(entry)) {
    throw new CodecError({ code: 'UNKNOWN_MESSAGE', message: name }, `there is no message ${name}`)
  }
  return entry as MessageTypeDefinition<PlainMessage, PlainMessage>
}
