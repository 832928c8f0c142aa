import bitcore from 'bitcore-lib'
import type { Transaction } from 'bitcoinjs-lib'
import { decodeTx, satoshi, SighashCache, toHex, verifySchnorr } from '@tidepool/crypto'
import type { Coin } from './coin.ts'
import { repairSchnorr } from './schnorrRepair.ts'

repairSchnorr()
const { Interpreter } = bitcore.Script

/**
 * Consensus rules plus the policy that matters to our scripts. Never CLEANSTACK: with it bitcore-lib refuses every native
 * segwit spend, whose stack it checks anyway.
 */
const FLAGS =
  Interpreter.SCRIPT_VERIFY_P2SH |
  Interpreter.SCRIPT_VERIFY_STRICTENC |
  Interpreter.SCRIPT_VERIFY_DERSIG |
  Interpreter.SCRIPT_VERIFY_LOW_S |
  Interpreter.SCRIPT_VERIFY_NULLDUMMY |
  Interpreter.SCRIPT_VERIFY_MINIMALDATA |
  Interpreter.SCRIPT_VERIFY_CHECKLOCKTIMEVERIFY |
  Interpreter.SCRIPT_VERIFY_CHECKSEQUENCEVERIFY |
  Interpreter.SCRIPT_VERIFY_WITNESS |
  Interpreter.SCRIPT_VERIFY_NULLFAIL |
  Interpreter.SCRIPT_VERIFY_TAPROOT

type SpentCoin = Pick<Coin, 'value' | 'script'>

/** First input whose script refuses the spend, and why; undefined when all accept. */
export type ScriptCheck = (tx: Transaction, coins: readonly Coin[]) => ReturnType<typeof failingInput>

/** First input whose script refuses the spend, with the interpreter's word for it; undefined when all accept. */
export function failingInput(tx: Transaction, coins: readonly SpentCoin[]): { index: number; why: string } | undefined {
  const parsed = new bitcore.Transaction(tx.toHex())
  // BIP-341 hashes every spent output, so all are set before the first check.
  parsed.inputs.forEach((input, i) => {
    const coin = coins[i]
    if (coin === undefined) return
    input.output = new bitcore.Transaction.Output({
      satoshis: Number(coin.value),
      script: bitcore.Script.fromHex(toHex(coin.script)),
    })
  })
  const digests = new SighashCache(
    decodeTx(tx.toBuffer()),
    coins.map(({ value, script }) => ({ value: satoshi(value), script })),
  )
  for (const [index, coin] of coins.entries()) {
    if (!isJudged(index, coins.length) && isKeyPathSpend(tx, index, coin, digests)) continue
    const why = checkInput(parsed, index, coin)
    if (why !== undefined) return { index, why }
  }
  return undefined
}

/**
 * The interpreter hashes the whole transaction anew for every input. Of one with more inputs than this it judges some of the
 * signatures that are all a key path spend has, and whatever is not plainly valid; the parts of the digest are the same in
 * the others.
 */
const JUDGED_ALL = 200
const JUDGED_EVERY = 50
const isJudged = (index: number, count: number): boolean =>
  count <= JUDGED_ALL || index % JUDGED_EVERY === 0 || index === count - 1

/** A valid signature of all (BIP-341) and nothing else. */
function isKeyPathSpend(tx: Transaction, index: number, { script }: SpentCoin, digests: SighashCache): boolean {
  const input = tx.ins[index]
  const [signature, ...rest] = input?.witness ?? []
  const isTaproot = script.length === 34 && script[0] === 0x51 && script[1] === 0x20
  if (!isTaproot || input?.script.length !== 0 || signature?.length !== 64 || rest.length > 0) return false
  return verifySchnorr(digests.taprootKeyPath(index), script.subarray(2), signature)
}

function checkInput(tx: InstanceType<typeof bitcore.Transaction>, index: number, coin: SpentCoin): string | undefined {
  const input = tx.inputs[index]
  if (input === undefined) return 'no such input'
  const interpreter = new Interpreter()
  const script = bitcore.Script.fromHex(toHex(coin.script))
  try {
    const ok = interpreter.verify(input.script, script, tx, index, FLAGS, input.getWitnesses(), Number(coin.value))
    return ok ? undefined : interpreter.errstr
  } catch (error) {
    return error instanceof Error ? error.message : 'script check failed'
  }
}
