import { ByteReader, UnreadableTx } from './byteReader.ts'
import { PackedInputs, readInputs, readWitnesses } from './packedInputs.ts'
import { PackedOutputs, readOutputs } from './packedOutputs.ts'
import type { Transaction, TxInput, TxOutput } from './transaction.ts'
import type { TxList } from './txList.ts'
import { writeInputs, writeOutputs, writeWitnesses } from './txWriter.ts'

/**
 * Reads the one serialisation of a transaction (BIP-144) and nothing else: shortest counts, witness data only where
 * there is some, no byte left over. Its lists, and all scripts, are views of the bytes. @throws UnreadableTx
 */
export function readTx(bytes: Uint8Array): Transaction {
  const reader = new ByteReader(bytes)
  const version = reader.uint32()
  const hasWitness = bytes[reader.at] === 0 && bytes[reader.at + 1] === 1
  if (hasWitness) reader.skip(2)
  const count = reader.count()
  const inputsWith = readInputs(reader, count)
  const outputs = readOutputs(reader, reader.count())
  const inputs = inputsWith(hasWitness ? readWitnesses(reader, count) : undefined)
  const lockTime = reader.uint32()
  if (reader.left > 0) throw new UnreadableTx('trailing bytes')
  return { version, inputs, outputs, lockTime }
}

/** The list itself when it is packed. */
export function packInputs(inputs: TxList<TxInput>): PackedInputs {
  if (inputs instanceof PackedInputs) return inputs
  const witnesses = inputs.some(({ witness }) => witness.length > 0)
    ? readWitnesses(new ByteReader(writeWitnesses(inputs)), inputs.length)
    : undefined
  return readInputs(new ByteReader(writeInputs(inputs)), inputs.length)(witnesses)
}

/** The list itself when it is packed. */
export function packOutputs(outputs: TxList<TxOutput>): PackedOutputs {
  return outputs instanceof PackedOutputs ? outputs : readOutputs(new ByteReader(writeOutputs(outputs)), outputs.length)
}
