import { Script } from '@scure/btc-signer/script.js'
import { concatBytes, expectLength, toHex } from './bytes.ts'
import { withSighashAll } from './der.ts'
import { ClmError } from './errors.ts'
import { idToBytes } from './ids.ts'
import { accountKeys, tweakedTraderKeyOf } from './keys.ts'
import type { AccountKeyParams, AccountKeys } from './keys.ts'
import { aggregateKeys, isOdd, xOnly } from './musig2Keys.ts'
import type { AggregateKey, MuSig2Version } from './musig2Keys.ts'
import { Remembered } from './remembered.ts'
import { TAP_LEAF_VERSION, p2trScript, p2wshScript, tapLeafHash } from './script.ts'
import type { BlockHeight } from './units.ts'

/** 0: P2WSH; 1: P2TR with MuSig2 0.4.0; 2: P2TR with MuSig2 1.0.0rc2. As sent to the auctioneer. */
export type AccountVersion = 0 | 1 | 2

export type AccountScriptErrorDetail =
  /** A number names no account version we know; the other side may be newer. */
  { readonly code: 'UNKNOWN_ACCOUNT_VERSION'; readonly version: number }

export class AccountScriptError extends ClmError<AccountScriptErrorDetail> {}

/** @throws AccountScriptError UNKNOWN_ACCOUNT_VERSION */
export function accountVersion(value: number): AccountVersion {
  if (value === 0 || value === 1 || value === 2) return value
  throw new AccountScriptError({ code: 'UNKNOWN_ACCOUNT_VERSION', version: value }, `no account version ${value}`)
}

/** MuSig2 draft of each taproot account version. Pool poolscript/script.go */
export const MUSIG2_VERSION_OF_ACCOUNT: { readonly [V in 1 | 2]: MuSig2Version } = { 1: '0.4.0', 2: '1.0.0rc2' }

/** Everything that determines one account output. */
export interface AccountScriptParams extends AccountKeyParams {
  readonly version: AccountVersion
  readonly expiry: BlockHeight
}

export interface P2wshAccountOutput extends AccountKeys {
  readonly kind: 'p2wsh'
  readonly version: 0
  /** scriptPubKey */
  readonly script: Uint8Array
  readonly witnessScript: Uint8Array
}

export interface P2trAccountOutput extends AccountKeys {
  readonly kind: 'p2tr'
  readonly version: 1 | 2
  /** scriptPubKey */
  readonly script: Uint8Array
  /** MuSig2 aggregate of the two base keys with the taproot tweak applied. */
  readonly aggregateKey: AggregateKey
  /** x-only, 32 bytes; the same for the life of the account. */
  readonly internalKey: Uint8Array
  /** x-only, 32 bytes. */
  readonly outputKey: Uint8Array
  /** Expiry leaf, whose hash is the Merkle root. */
  readonly leafScript: Uint8Array
  readonly merkleRoot: Uint8Array
  readonly controlBlock: Uint8Array
}

export type AccountOutput = P2wshAccountOutput | P2trAccountOutput

/** Outputs of the accounts at hand, now and next: curve arithmetic that every step of a batch asks for again. */
const MOST_REMEMBERED = 10_000
const outputs = new Remembered<AccountOutput>(MOST_REMEMBERED)
const scripts = new Remembered<P2trParts>(MOST_REMEMBERED)

const nameOf = ({ version, traderKey, auctioneerKey, batchKey, secret, expiry }: AccountScriptParams): string =>
  `${version}/${expiry}/${traderKey}/${auctioneerKey}/${batchKey}/${toHex(secret)}`

/** The account output for the given keys, batch key and expiry (white paper §6.1.2). Pool poolscript/script.go */
export function accountOutput(params: AccountScriptParams): AccountOutput {
  return outputs.get(nameOf(params), () => {
    const keys = accountKeys(params)
    return params.version === 0 ? p2wshOutput(keys, params.expiry) : p2trOutput(params, params.version, keys)
  })
}

/** scriptPubKey of accountOutput; a taproot one without the keys that only spending needs. */
export function accountScript(params: AccountScriptParams): Uint8Array {
  return params.version === 0 ? accountOutput(params).script : p2trParts(params, params.version).script
}

function p2wshOutput(keys: AccountKeys, expiry: BlockHeight): P2wshAccountOutput {
  const witnessScript = Script.encode([
    idToBytes(keys.tweakedTraderKey),
    'CHECKSIGVERIFY',
    idToBytes(keys.tweakedAuctioneerKey),
    'CHECKSIG',
    'IFDUP',
    'NOTIF',
    expiry,
    'CHECKLOCKTIMEVERIFY',
    'ENDIF',
  ])
  return { kind: 'p2wsh', version: 0, ...keys, witnessScript, script: p2wshScript(witnessScript) }
}

function p2trOutput(params: AccountScriptParams, version: 1 | 2, keys: AccountKeys): P2trAccountOutput {
  const { aggregateKey, ...parts } = p2trParts(params, version)
  const internalKey = xOnly(aggregateKey.untweaked)
  const parity = isOdd(aggregateKey.point) ? 1 : 0
  const controlBlock = concatBytes(Uint8Array.of(TAP_LEAF_VERSION | parity), internalKey)
  return { kind: 'p2tr', version, ...keys, ...parts, aggregateKey, internalKey, controlBlock }
}

type P2trParts = Pick<P2trAccountOutput, 'aggregateKey' | 'leafScript' | 'merkleRoot' | 'outputKey' | 'script'>

function p2trParts(params: AccountScriptParams, version: 1 | 2): P2trParts {
  return scripts.get(nameOf(params), () => {
    const traderKey = xOnly(idToBytes(tweakedTraderKeyOf(params)))
    const leafScript = Script.encode([traderKey, 'CHECKSIGVERIFY', params.expiry, 'CHECKLOCKTIMEVERIFY'])
    const merkleRoot = tapLeafHash(leafScript)
    const signers = [params.auctioneerKey, params.traderKey]
    const aggregateKey = aggregateKeys(MUSIG2_VERSION_OF_ACCOUNT[version], signers, { kind: 'root', merkleRoot })
    const outputKey = xOnly(aggregateKey.point)
    return { aggregateKey, leafScript, merkleRoot, outputKey, script: p2trScript(outputKey) }
  })
}

/** Cooperative witness of a version 0 output. Signatures are DER without sighash byte. */
export function multiSigWitness(
  output: P2wshAccountOutput,
  signatures: { readonly auctioneer: Uint8Array; readonly trader: Uint8Array },
): readonly Uint8Array[] {
  return [withSighashAll(signatures.auctioneer), withSighashAll(signatures.trader), output.witnessScript]
}

/** Cooperative witness of a taproot output: the combined MuSig2 signature, SIGHASH_DEFAULT. */
export function keyPathWitness(signature: Uint8Array): readonly Uint8Array[] {
  return [expectLength(signature, 64, 'schnorr signature')]
}

/** The trader's witness after expiry: DER without sighash byte for version 0, 64 bytes of Schnorr for taproot. */
export function expiryWitness(output: AccountOutput, traderSignature: Uint8Array): readonly Uint8Array[] {
  if (output.kind === 'p2wsh') return [new Uint8Array(), withSighashAll(traderSignature), output.witnessScript]
  return [expectLength(traderSignature, 64, 'schnorr signature'), output.leafScript, output.controlBlock]
}
