import bitcore from 'bitcore-lib'
import type { Transaction } from 'bitcoinjs-lib'
import { toHex } from '@tidepool/crypto'
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
  for (const [index, coin] of coins.entries()) {
    const why = checkInput(parsed, index, coin)
    if (why !== undefined) return { index, why }
  }
  return undefined
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
