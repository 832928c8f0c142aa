import type { walletrpc } from '@tidepool/rpc'
import { familyPath, formatPath } from '../keys/keyRing.ts'
import type { RunningNode } from '../node/runningNode.ts'
import { accountPath, accountPathText, type AddressKind } from '../wallet/addressBook.ts'

const TYPE_OF: Record<AddressKind, walletrpc.AddressType> = {
  nested: 'HYBRID_NESTED_WITNESS_PUBKEY_HASH',
  p2wkh: 'WITNESS_PUBKEY_HASH',
  p2tr: 'TAPROOT_PUBKEY',
}
/** These exist from the start; higher families when first used. */
const FIRST_FAMILIES = 256

/** Wallet accounts, then one entry per key family; find a family by its path. */
export function listAccounts(node: RunningNode, request: walletrpc.ListAccountsRequest): walletrpc.AccountInit[] {
  const { ring } = node
  const { book } = node.state.wallet
  const wallet = (['nested', 'p2wkh', 'p2tr'] as const).map((kind) => ({
    name: 'default',
    addressType: TYPE_OF[kind],
    extendedPublicKey: ring.extendedPublicKey(accountPath(kind)),
    derivationPath: accountPathText(kind),
    externalKeyCount: book.count(kind, false),
    internalKeyCount: book.count(kind, true),
  }))
  const high = ring.usedFamilies().filter((family) => family >= FIRST_FAMILIES)
  const families = [...Array.from({ length: FIRST_FAMILIES }, (_, family) => family), ...high.toSorted((a, b) => a - b)]
  const lightning = families.map((family) => ({
    name: family === 0 ? 'default' : `act:${family}`,
    addressType: 'WITNESS_PUBKEY_HASH' as const,
    extendedPublicKey: ring.extendedPublicKey(familyPath(family)),
    derivationPath: formatPath(familyPath(family)),
    externalKeyCount: ring.keyCount(family),
  }))
  const all: walletrpc.AccountInit[] = [...wallet, ...lightning]
  return all
    .filter((account) => request.name === '' || account.name === request.name)
    .filter((account) => request.addressType === 'UNKNOWN' || account.addressType === request.addressType)
}
