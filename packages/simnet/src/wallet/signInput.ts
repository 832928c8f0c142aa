import type { Transaction } from 'bitcoinjs-lib'
import { concatBytes, derEncode, p2wpkhScript, signEcdsa, signSchnorr, withSighashAll } from '@tidepool/crypto'
import { taprootSecret, type AddressBook, type WalletKey } from './addressBook.ts'

/** What an input spends. */
export interface SpentOutput {
  readonly value: bigint
  readonly script: Uint8Array
}

const SIGHASH_ALL = 1
const SIGHASH_DEFAULT = 0

/** Witness, and scriptSig for nested inputs. */
export interface InputScript {
  readonly witness: Uint8Array[]
  readonly scriptSig: Uint8Array
}

/** Signs an input of the wallet's own. */
export function signWalletInput(params: {
  readonly book: AddressBook
  readonly key: WalletKey
  readonly tx: Transaction
  readonly index: number
  readonly spent: readonly SpentOutput[]
}): InputScript {
  const { book, key, tx, index, spent } = params
  const secret = book.secret(key)
  if (key.kind === 'p2tr') {
    const scripts = spent.map((output) => output.script)
    const values = spent.map((output) => output.value)
    const digest = tx.hashForWitnessV1(index, scripts, values, SIGHASH_DEFAULT)
    return { witness: [signSchnorr(digest, taprootSecret(secret, key.publicKey))], scriptSig: new Uint8Array() }
  }
  const value = spent[index]?.value ?? 0n
  const digest = tx.hashForWitnessV0(index, scriptCode(key.publicKey), value, SIGHASH_ALL)
  const signature = withSighashAll(derEncode(signEcdsa(digest, secret)))
  const redeem = p2wpkhScript(key.publicKey)
  return {
    witness: [signature, key.publicKey],
    scriptSig: key.kind === 'nested' ? concatBytes(Uint8Array.of(redeem.length), redeem) : new Uint8Array(),
  }
}

/** Signs every wallet input in place. */
export function signWalletInputs(book: AddressBook, tx: Transaction, spent: readonly SpentOutput[]): void {
  for (const index of tx.ins.keys()) {
    const output = spent[index]
    const key = output === undefined ? undefined : book.find(output.script)
    if (key === undefined) continue
    const signed = signWalletInput({ book, key, tx, index, spent })
    tx.setWitness(index, signed.witness)
    if (signed.scriptSig.length > 0) tx.setInputScript(index, signed.scriptSig)
  }
}

/** Script code of a P2WKH input (BIP-143). */
function scriptCode(publicKey: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(0x76, 0xa9, 0x14), p2wpkhScript(publicKey).subarray(2), Uint8Array.of(0x88, 0xac))
}
