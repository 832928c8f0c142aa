import { concatBytes } from './bytes.ts'
import { outPointBytes, outputBytes, uint32Le, uint64Le, varBytes } from './encode.ts'
import { ClmError } from './errors.ts'
import { hash256, sha256, taggedHash } from './hash.ts'
import type { Transaction, TxInput, TxOutput } from './transaction.ts'
import { itemAt } from './txList.ts'
import type { TxList } from './txList.ts'
import { packInputs, packOutputs } from './txReader.ts'
import type { PackedInputs } from './packedInputs.ts'
import { PackedOutputs } from './packedOutputs.ts'

/** SIGHASH_DEFAULT (BIP-341), meaning all without a byte on the signature. */
export const SIGHASH_DEFAULT = 0x00
const ALL = 0x01
const NONE = 0x02
const SINGLE = 0x03
const ANYONE_CAN_PAY = 0x80

export type SighashErrorDetail =
  /** A transaction has no input at this index; trying again does not help. */
  | { readonly code: 'NO_SUCH_INPUT'; readonly index: number }
  /** The output that an input spends is missing from the list, which taproot needs in full; send all of them. */
  | { readonly code: 'PREVIOUS_OUTPUT_MISSING'; readonly index: number }
  /** A sighash type is not defined for this kind of input, or asks for an output that is not there. */
  | { readonly code: 'BAD_SIGHASH_TYPE'; readonly type: number }

export class SighashError extends ClmError<SighashErrorDetail> {}

/**
 * Signature digests of one transaction. What all inputs share is hashed once, so signing stays linear.
 * `prevOutputs` follows the inputs; version 0 needs the entry of its own input only, taproot needs all.
 */
export class SighashCache {
  readonly #tx: Transaction
  readonly #prevOutputs: TxList<TxOutput | undefined>
  readonly #memo = new Map<string, Uint8Array>()
  #packedInputs: PackedInputs | undefined
  #packedSpent: PackedOutputs | undefined

  constructor(tx: Transaction, prevOutputs: TxList<TxOutput | undefined>) {
    this.#tx = tx
    this.#prevOutputs = prevOutputs
  }

  /** BIP-143 digest. */
  segwitV0(index: number, scriptCode: Uint8Array, type: number = ALL): Uint8Array {
    const input = this.#input(index)
    const single = itemAt(this.#tx.outputs, index)
    const base = type & 0x1f
    const zero = new Uint8Array(32)
    const anyoneCanPay = (type & ANYONE_CAN_PAY) !== 0
    const allOutputs = base !== SINGLE && base !== NONE
    const oneOutput = base === SINGLE && single !== undefined ? hash256(outputBytes(single)) : zero
    return hash256(
      uint32Le(this.#tx.version),
      anyoneCanPay ? zero : sha256(this.#prevouts()),
      anyoneCanPay || !allOutputs ? zero : sha256(this.#sequences()),
      outPointBytes(input.prevout),
      varBytes(scriptCode),
      uint64Le(this.#prevOutput(index).value),
      uint32Le(input.sequence),
      allOutputs ? sha256(this.#outputs()) : oneOutput,
      uint32Le(this.#tx.lockTime),
      uint32Le(type),
    )
  }

  /** BIP-341 digest of a key path spend, without annex. */
  taprootKeyPath(index: number, type: number = SIGHASH_DEFAULT): Uint8Array {
    return taggedHash('TapSighash', this.#taprootMessage(index, type, 0))
  }

  /** BIP-341 and BIP-342 digest of a spend by the given leaf, without annex or code separator. */
  taprootLeaf(index: number, leafHash: Uint8Array, type: number = SIGHASH_DEFAULT): Uint8Array {
    const extension = concatBytes(leafHash, Uint8Array.of(0), uint32Le(0xffffffff))
    return taggedHash('TapSighash', this.#taprootMessage(index, type, 1), extension)
  }

  #taprootMessage(index: number, type: number, extensionFlag: 0 | 1): Uint8Array {
    const base = type & 0x03
    if ((type & ~(ANYONE_CAN_PAY | 0x03)) !== 0 || type === ANYONE_CAN_PAY) throw badType(type)
    const anyoneCanPay = (type & ANYONE_CAN_PAY) !== 0
    const input = this.#input(index)
    const parts = [Uint8Array.of(0, type), uint32Le(this.#tx.version), uint32Le(this.#tx.lockTime)]
    if (!anyoneCanPay) parts.push(this.#prevouts(), this.#amounts(), this.#scripts(), this.#sequences())
    if (base !== NONE && base !== SINGLE) parts.push(this.#outputs())
    parts.push(Uint8Array.of(extensionFlag << 1))
    if (anyoneCanPay) {
      parts.push(outPointBytes(input.prevout), outputBytes(this.#prevOutput(index)), uint32Le(input.sequence))
    } else {
      parts.push(uint32Le(index))
    }
    if (base === SINGLE) {
      const single = itemAt(this.#tx.outputs, index)
      if (single === undefined) throw badType(type)
      parts.push(sha256(outputBytes(single)))
    }
    return concatBytes(...parts)
  }

  #prevouts(): Uint8Array {
    return this.#once('prevouts', () => this.#inputs().hashPrevouts())
  }

  #sequences(): Uint8Array {
    return this.#once('sequences', () => this.#inputs().hashSequences())
  }

  #outputs(): Uint8Array {
    return this.#once('outputs', () => packOutputs(this.#tx.outputs).hashOutputs())
  }

  #amounts(): Uint8Array {
    return this.#once('amounts', () => this.#spent().hashAmounts())
  }

  #scripts(): Uint8Array {
    return this.#once('scripts', () => this.#spent().hashScripts())
  }

  #once(name: string, make: () => Uint8Array): Uint8Array {
    const known = this.#memo.get(name)
    if (known !== undefined) return known
    const hash = make()
    this.#memo.set(name, hash)
    return hash
  }

  #inputs(): PackedInputs {
    this.#packedInputs ??= packInputs(this.#tx.inputs)
    return this.#packedInputs
  }

  #spent(): PackedOutputs {
    this.#packedSpent ??= packOutputs(allSpent(this.#prevOutputs, this.#tx.inputs.length))
    return this.#packedSpent
  }

  #input(index: number): TxInput {
    const input = itemAt(this.#tx.inputs, index)
    if (input === undefined) throw new SighashError({ code: 'NO_SUCH_INPUT', index }, `there is no input ${index}`)
    return input
  }

  #prevOutput(index: number): TxOutput {
    return known(itemAt(this.#prevOutputs, index), index)
  }
}

function allSpent(outputs: TxList<TxOutput | undefined>, count: number): TxList<TxOutput> {
  if (outputs instanceof PackedOutputs && outputs.length === count) return outputs
  return Array.from({ length: count }, (_, index) => known(itemAt(outputs, index), index))
}

function known(output: TxOutput | undefined, index: number): TxOutput {
  if (output !== undefined) return output
  throw new SighashError({ code: 'PREVIOUS_OUTPUT_MISSING', index }, `the output spent by input ${index} is unknown`)
}

function badType(type: number): SighashError {
  return new SighashError({ code: 'BAD_SIGHASH_TYPE', type }, `sighash type ${type} is not usable here`)
}
