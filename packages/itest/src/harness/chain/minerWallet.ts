import {
  addSat,
  concatBytes,
  derEncode,
  equalBytes,
  fromHex,
  hash160,
  outPoint,
  pointFromSecret,
  satoshi,
  scriptToAddress,
  sha256,
  SighashCache,
  signEcdsa,
  withSighashAll,
  type OutPoint,
  type Transaction,
  type TxOutput,
} from '@tidepool/crypto'
import { HarnessError } from '../errors.ts'

const SECRET = sha256(new TextEncoder().encode('tidepool regtest miner'))
const PUBLIC_KEY = pointFromSecret(SECRET)
const KEY_HASH = hash160(PUBLIC_KEY)
const SCRIPT = concatBytes(fromHex('0014'), KEY_HASH)
const SCRIPT_CODE = concatBytes(fromHex('76a914'), KEY_HASH, fromHex('88ac'))
/** Plenty for every transaction of a test, and far below what lnd or a node would call absurd. */
const FEE = 20_000n
const FINAL = 0xffffffff
const DUST = 1_000n

/** Where blocks pay to: a key the tests know, so that no chain daemon needs a wallet. */
export const MINER_ADDRESS = scriptToAddress(SCRIPT, 'regtest') ?? ''

/** An address that nobody can spend from, another one for each 32 bytes. */
export const burnAddress = (program: Uint8Array): string =>
  scriptToAddress(concatBytes(fromHex('0020'), program), 'regtest') ?? ''

export const isMinerOutput = (output: TxOutput): boolean => equalBytes(output.script, SCRIPT)

export interface Coin {
  readonly point: OutPoint
  readonly output: TxOutput
}

/** A signed payment from the miner's coins, the change back to the miner. @throws HarnessError OUT_OF_COINS */
export function buildPayment(coins: readonly Coin[], outputs: readonly TxOutput[]): Transaction {
  const wanted = addSat(...outputs.map((output) => output.value)) + FEE
  const chosen: Coin[] = []
  let sum = 0n
  for (const coin of coins) {
    if (sum >= wanted) break
    chosen.push(coin)
    sum += coin.output.value
  }
  if (sum < wanted) {
    throw new HarnessError({ code: 'OUT_OF_COINS', wanted }, `the miner cannot pay ${wanted} sat: mine more blocks`)
  }
  const change = sum - wanted
  return sign(chosen, change < DUST ? outputs : [...outputs, { value: satoshi(change), script: SCRIPT }])
}

/** Outputs of 43 bytes that make a transaction almost as large as a standard one may be. */
const FILLER_OUTPUTS = 2_250
const FILLER_VBYTES = 97_000n

/** All of a coin to the miner again, in a large transaction that pays this rate or a little more. */
export function buildFiller(coin: Coin, satPerVByte: bigint): Transaction {
  const program = sha256(fromHex(coin.point.txid))
  const filler = { value: satoshi(DUST), script: concatBytes(fromHex('0020'), program) }
  const outputs = Array.from({ length: FILLER_OUTPUTS }, () => filler)
  const change = coin.output.value - DUST * BigInt(FILLER_OUTPUTS) - satPerVByte * FILLER_VBYTES
  return sign([coin], [...outputs, { value: satoshi(change), script: SCRIPT }])
}

function sign(coins: readonly Coin[], outputs: readonly TxOutput[]): Transaction {
  const unsigned: Transaction = {
    version: 2,
    inputs: coins.map(({ point }) => ({
      prevout: outPoint(point.txid, point.index),
      scriptSig: new Uint8Array(),
      sequence: FINAL,
      witness: [],
    })),
    outputs,
    lockTime: 0,
  }
  const hashes = new SighashCache(
    unsigned,
    coins.map((coin) => coin.output),
  )
  const witness = (index: number) => [
    withSighashAll(derEncode(signEcdsa(hashes.segwitV0(index, SCRIPT_CODE), SECRET))),
    PUBLIC_KEY,
  ]
  return { ...unsigned, inputs: unsigned.inputs.map((input, i) => ({ ...input, witness: witness(i) })) }
}
