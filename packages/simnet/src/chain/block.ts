import { Block as WireBlock, Transaction, script } from 'bitcoinjs-lib'
import { reversed, fromHex, toHex } from '@tidepool/crypto'

export interface Block {
  readonly hash: string
  readonly previous: string
  readonly height: number
  readonly time: number
  readonly transactions: readonly Transaction[]
  readonly raw: Uint8Array
}

const REGTEST_BITS = 0x207fffff
const HALVING = 150
const NO_HASH = '00'.repeat(32)

/** What a block of this height creates. Regtest halves every 150 blocks. */
export const subsidy = (height: number): bigint => 5_000_000_000n >> BigInt(Math.min(Math.floor(height / HALVING), 63))

export interface BlockTemplate {
  readonly previous: Block | undefined
  readonly time: number
  readonly transactions: readonly Transaction[]
  readonly fees: bigint
  readonly payTo: Uint8Array
  /** Makes otherwise equal blocks of two branches differ. */
  readonly branch: number
}

/** A block with a real header: merkle root, witness commitment and regtest's proof of work. */
export function assembleBlock(template: BlockTemplate): Block {
  const height = template.previous === undefined ? 0 : template.previous.height + 1
  const transactions = [coinbase(height, template), ...template.transactions]
  const wire = new WireBlock()
  wire.version = 0x2000_0000
  wire.prevHash = reversed(fromHex(template.previous?.hash ?? NO_HASH))
  wire.timestamp = template.time
  wire.bits = REGTEST_BITS
  wire.transactions = transactions
  const commitment = WireBlock.calculateMerkleRoot(transactions, true)
  transactions[0]?.addOutput(script.compile([0x6a, new Uint8Array([0xaa, 0x21, 0xa9, 0xed, ...commitment])]), 0n)
  wire.merkleRoot = WireBlock.calculateMerkleRoot(transactions)
  wire.witnessCommit = commitment
  while (!wire.checkProofOfWork()) wire.nonce++
  return {
    hash: wire.getId(),
    previous: template.previous?.hash ?? NO_HASH,
    height,
    time: template.time,
    transactions,
    raw: wire.toBuffer(),
  }
}

/** BIP-34 coinbase paying subsidy and fees. */
function coinbase(height: number, template: BlockTemplate): Transaction {
  const tx = new Transaction()
  tx.version = 2
  const heightPush = script.compile([script.number.encode(height), script.number.encode(template.branch + 1)])
  tx.addInput(new Uint8Array(32), 0xffff_ffff, 0xffff_ffff, heightPush)
  tx.setWitness(0, [new Uint8Array(32)])
  tx.addOutput(template.payTo, subsidy(height) + template.fees)
  return tx
}

/** 80-byte header. */
export const headerOf = (block: Block): Uint8Array => block.raw.subarray(0, 80)

export const hashBytes = (displayHex: string): Uint8Array => reversed(fromHex(displayHex))
export const hashText = (internal: Uint8Array): string => toHex(reversed(internal))
