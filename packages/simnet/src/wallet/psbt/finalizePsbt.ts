import type { Psbt, Transaction } from 'bitcoinjs-lib'
import { concatBytes } from '@tidepool/crypto'
import { LndRefusal } from '../../lndRefusal.ts'
import { signWalletInput, type SpentOutput } from '../signInput.ts'
import type { Wallet } from '../wallet.ts'
import { unsignedOf } from './signPsbt.ts'

/** Signs the wallet's inputs as the last signer and extracts; others must carry their final witness, unchecked. */
export function finalizePsbt(wallet: Wallet, psbt: Psbt): Transaction {
  const inputs = psbt.data.inputs
  if (inputs.every((input) => input.finalScriptWitness !== undefined)) {
    throw new LndRefusal('PSBT is already fully signed')
  }
  const tx = unsignedOf(psbt)
  const spent = inputs.map((input): SpentOutput => input.witnessUtxo ?? { value: 0n, script: new Uint8Array() })
  for (const [index, input] of inputs.entries()) {
    if (input.finalScriptWitness !== undefined) {
      tx.setWitness(index, [...parseWitness(input.finalScriptWitness)])
      continue
    }
    const key = wallet.book.find(spent[index]?.script ?? new Uint8Array())
    if (key === undefined) {
      throw new LndRefusal('error finalizing PSBT: error finalizing PSBT: PSBT is not finalizable')
    }
    const signed = signWalletInput({ book: wallet.book, key, tx, index, spent })
    tx.setWitness(index, signed.witness)
    if (signed.scriptSig.length > 0) tx.setInputScript(index, signed.scriptSig)
    psbt.data.updateInput(index, { finalScriptWitness: encodeWitness(signed.witness) })
    if (signed.scriptSig.length > 0) psbt.data.updateInput(index, { finalScriptSig: signed.scriptSig })
  }
  return tx
}

function encodeWitness(witness: readonly Uint8Array[]): Uint8Array {
  const parts = witness.flatMap((item) => [size(item.length), item])
  return concatBytes(size(witness.length), ...parts)
}

function size(length: number): Uint8Array {
  return length < 0xfd ? Uint8Array.of(length) : Uint8Array.of(0xfd, length & 0xff, length >> 8)
}

function parseWitness(bytes: Uint8Array): readonly Uint8Array[] {
  let at = 0
  const next = (): number => {
    const first = bytes[at++] ?? 0
    if (first < 0xfd) return first
    at += 2
    return (bytes[at - 2] ?? 0) + ((bytes[at - 1] ?? 0) << 8)
  }
  const count = next()
  const items: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    const length = next()
    items.push(bytes.slice(at, at + length))
    at += length
  }
  return items
}
