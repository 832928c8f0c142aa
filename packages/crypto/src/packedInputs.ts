import { ByteReader, UnreadableTx } from './byteReader.ts'
import { sha256 } from './hash.ts'
import { readTxid } from './ids.ts'
import type { OutPoint } from './ids.ts'
import type { TxInput } from './transaction.ts'
import { PackedList } from './txList.ts'

/** Bytes of an outpoint, of a sequence, and the least of an input. */
const OUTPOINT = 36
const SEQUENCE = 4
const LEAST_INPUT = 41
const NO_SCRIPT = new Uint8Array()
const NO_WITNESS: readonly Uint8Array[] = []

/** Witness data of all inputs, as it stands after the outputs (BIP-144). */
export class PackedWitnesses extends PackedList<readonly Uint8Array[]> {
  protected override read(index: number): readonly Uint8Array[] {
    return readWitness(new ByteReader(this.bytes.subarray(this.start(index), this.start(index + 1))))
  }
}

/** Inputs as a transaction has them; see `PackedOutputs`. */
export class PackedInputs extends PackedList<TxInput> {
  /** Absent when no input has any. */
  readonly witnesses: PackedWitnesses | undefined

  constructor(bytes: Uint8Array, starts: Uint32Array, witnesses: PackedWitnesses | undefined) {
    super(bytes, starts)
    this.witnesses = witnesses
  }

  prevout(index: number): OutPoint {
    const from = this.start(index)
    return { txid: readTxid(this.bytes, from), index: this.bytes.readUInt32LE(from + 32) }
  }

  /** The first bytes of the id of the transaction it spends from, to tell most of them apart. See `txidMark`. */
  mark(index: number): number {
    return this.bytes.readUInt32LE(this.start(index))
  }

  /** Whether one of them is this outpoint. */
  spends({ txid, index: output }: OutPoint): boolean {
    const mark = txidMark(txid)
    for (let index = 0; index < this.length; index++) {
      if (this.mark(index) !== mark) continue
      const prevout = this.prevout(index)
      if (prevout.txid === txid && prevout.index === output) return true
    }
    return false
  }

  sequence(index: number): number {
    return this.bytes.readUInt32LE(this.start(index + 1) - SEQUENCE)
  }

  hasScriptSig(index: number): boolean {
    return this.start(index + 1) - this.start(index) > LEAST_INPUT
  }

  /** SHA-256 of all outpoints (BIP-143, BIP-341). */
  hashPrevouts(): Uint8Array {
    return this.hashOf(0, OUTPOINT)
  }

  /** SHA-256 of all sequences, likewise. */
  hashSequences(): Uint8Array {
    const out = Buffer.allocUnsafe(SEQUENCE * this.length)
    for (let index = 0; index < this.length; index++) out.writeUInt32LE(this.sequence(index), SEQUENCE * index)
    return sha256(out)
  }

  protected override read(index: number): TxInput {
    const witness = this.witnesses?.at(index) ?? NO_WITNESS
    return { prevout: this.prevout(index), scriptSig: this.#scriptSig(index), sequence: this.sequence(index), witness }
  }

  #scriptSig(index: number): Uint8Array {
    if (!this.hasScriptSig(index)) return NO_SCRIPT
    const reader = new ByteReader(this.bytes)
    reader.at = this.start(index) + OUTPOINT
    return reader.item()
  }
}

/** The same of an id. */
export const txidMark = (txid: string): number => Buffer.from(txid.slice(-8), 'hex').readUInt32BE(0)

/** The next so many inputs, without witnesses, which come later. @throws UnreadableTx */
export function readInputs(reader: ByteReader, count: number): (witnesses?: PackedWitnesses) => PackedInputs {
  const { bytes, at } = reader
  const starts = reader.starts(count, LEAST_INPUT, () => {
    reader.skip(OUTPOINT)
    reader.skip(reader.count())
    reader.skip(SEQUENCE)
  })
  const own = bytes.subarray(at, reader.at)
  return (witnesses) => new PackedInputs(own, starts, witnesses)
}

/** Witness data of so many inputs, at least one of which has some. @throws UnreadableTx */
export function readWitnesses(reader: ByteReader, count: number): PackedWitnesses {
  const { bytes, at } = reader
  let empty = 0
  const starts = reader.starts(count, 1, () => {
    const items = reader.count()
    if (items === 0) empty++
    reader.starts(items, 1, () => reader.skip(reader.count()))
  })
  if (empty === count) throw new UnreadableTx('no witness data')
  return new PackedWitnesses(bytes.subarray(at, reader.at), starts)
}

const readWitness = (reader: ByteReader): readonly Uint8Array[] =>
  Array.from({ length: reader.count() }, () => reader.item())
