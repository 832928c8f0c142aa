import { TAP_LEAF_VERSION } from './script.ts'

/** How an account output was spent; `unknown` changes nothing and calls for an operator. */
export type AccountSpend = 'expiry' | 'cooperative' | 'unknown'

/**
 * From the witness alone. Expiry comes first: a taproot expiry witness also looks like a version 0 multi-sig.
 * Pool poolscript/script.go
 */
export function classifySpend(witness: readonly Uint8Array[]): AccountSpend {
  if (isP2wshExpiry(witness) || isTaprootExpiry(witness)) return 'expiry'
  return isP2wshMultiSig(witness) || isKeyPath(witness) ? 'cooperative' : 'unknown'
}

const isP2wshExpiry = (witness: readonly Uint8Array[]): boolean => witness.length === 3 && witness[0]?.length === 0
const isP2wshMultiSig = (witness: readonly Uint8Array[]): boolean => witness.length === 3 && witness[0]?.length !== 0
const isKeyPath = (witness: readonly Uint8Array[]): boolean => witness.length === 1 && witness[0]?.length === 64

function isTaprootExpiry(witness: readonly Uint8Array[]): boolean {
  const hasAnnex = witness.length >= 2 && witness.at(-1)?.[0] === 0x50
  const elements = hasAnnex ? witness.slice(0, -1) : witness
  const [, script, controlBlock] = elements
  if (elements.length !== 3 || script === undefined || controlBlock === undefined) return false
  const leafVersion = (controlBlock[0] ?? 0) & 0xfe
  if (controlBlock.length < 33 || leafVersion !== TAP_LEAF_VERSION) return false
  return script.length >= 36 && script.length <= 39 && script[0] === 0x20 && script.at(-1) === 0xb1
}
