import { networks, Psbt } from 'bitcoinjs-lib'
import { addressToScript, compareBytes, fromHex, reversed, toHex } from '@tidepool/crypto'
import type { walletrpc } from '@tidepool/rpc'
import type { Chain } from '../../chain/chain.ts'
import { coinKey, inputKey, type Coin } from '../../chain/coin.ts'
import { formatPath } from '../../keys/keyRing.ts'
import { LndRefusal } from '../../lndRefusal.ts'
import { LND_LOCK_ID, type Lease } from '../leases.ts'
import { outputWeight, selectCoins } from '../selectCoins.ts'
import type { SpentOutput } from '../signInput.ts'
import type { Wallet } from '../wallet.ts'

const SIGHASH_ALL = 1
const FINAL = 0xffff_ffff
const FINGERPRINT = new Uint8Array(4)
/** Room for what template inputs weigh. */
const TEMPLATE_INPUT_WEIGHT = 273

interface Template {
  readonly inputs: readonly { readonly txid: string; readonly index: number }[]
  readonly outputs: readonly SpentOutput[]
  readonly lockTime: number
}

export interface Funded {
  readonly psbt: Psbt
  /** -1 without change. */
  readonly changeIndex: number
  readonly locked: readonly Lease[]
}

/** Adds coins and change to a template, and leases what it picked. Never looks at the anchor reserve. @throws LndRefusal */
export function fundPsbt(chain: Chain, wallet: Wallet, request: walletrpc.FundPsbtRequest, estimate: bigint): Funded {
  const feeRate = feeRateOf(request, estimate)
  const template = templateOf(request)
  if (template.inputs.length === 0 && template.outputs.length === 0) {
    throw new LndRefusal("wallet couldn't fund PSBT: PSBT packet must contain at least one input or output")
  }
  const change = wallet.book.next(request.changeType === 'CHANGE_ADDRESS_TYPE_P2TR' ? 'p2tr' : 'p2wkh', true)
  const fixed = template.inputs.map(({ txid, index }) => {
    const coin = chain.unspent(coinKey(txid, index))
    if (coin === undefined) throw new LndRefusal(`wallet couldn't fund PSBT: UTXO ${txid}:${index} not found`)
    return coin
  })
  const picked = pickCoins(wallet, request, template, fixed, change.script, feeRate)
  const outputs = picked.change > 0n ? [...template.outputs, { value: picked.change, script: change.script }] : []
  const sorted = (outputs.length > 0 ? outputs : [...template.outputs]).toSorted(byValueThenScript)
  const psbt = assemble(chain, wallet, [...fixed, ...picked.coins], sorted, template)
  return {
    psbt,
    changeIndex: sorted.findIndex((output) => toHex(output.script) === toHex(change.script)),
    locked: picked.coins.map((coin) => wallet.leases.hold(LND_LOCK_ID, coinKey(coin.txid, coin.index))),
  }
}

function feeRateOf(request: walletrpc.FundPsbtRequest, estimate: bigint): bigint {
  const { fees } = request
  if (fees === undefined || fees.value === 0 || fees.value === 0n) {
    throw new LndRefusal('fee definition missing, need to specify either target_conf, sat_per_vbyte or sat_per_kw')
  }
  if (fees.case === 'targetConf') return estimate
  return fees.case === 'satPerVbyte' ? fees.value * 250n : fees.value
}

function templateOf({ template }: walletrpc.FundPsbtRequest): Template {
  if (template?.case === 'raw') {
    const inputs = template.value.inputs.map((point) => ({
      txid: point.txidStr === '' ? toHex(reversed(point.txidBytes)) : point.txidStr,
      index: point.outputIndex,
    }))
    const outputs = [...template.value.outputs].map(([address, value]) => ({ value, script: scriptOf(address) }))
    return { inputs, outputs, lockTime: 0 }
  }
  if (template?.case !== 'psbt')
    throw new LndRefusal('transaction template missing, need to specify either PSBT or raw')
  const psbt = parsePsbt(template.value)
  return {
    inputs: psbt.txInputs.map((input) => {
      const [txid = '', index = ''] = inputKey(input).split(':')
      return { txid, index: Number(index) }
    }),
    outputs: psbt.txOutputs,
    lockTime: psbt.locktime,
  }
}

/** @throws LndRefusal */
export function parsePsbt(bytes: Uint8Array): Psbt {
  try {
    return Psbt.fromBuffer(bytes, { network: networks.regtest })
  } catch {
    throw new LndRefusal('could not parse PSBT: unexpected EOF')
  }
}

function scriptOf(address: string): Uint8Array {
  try {
    return addressToScript(address, 'regtest')
  } catch {
    throw new LndRefusal('address is not for regtest')
  }
}

function pickCoins(
  wallet: Wallet,
  request: walletrpc.FundPsbtRequest,
  template: Template,
  fixed: readonly Coin[],
  changeScript: Uint8Array,
  feeRate: bigint,
): { readonly coins: readonly Coin[]; readonly change: bigint } {
  const given = fixed.reduce((sum, coin) => sum + coin.value, 0n)
  const wanted = template.outputs.reduce((sum, output) => sum + output.value, 0n)
  const weight = template.outputs.reduce((sum, output) => sum + outputWeight(output.script), 0)
  const min = request.spendUnconfirmed ? request.minConfs : Math.max(request.minConfs, 1)
  // With inputs of its own a template gets no coins, only change.
  const candidates = fixed.length > 0 ? [givenAsOne(given)] : wallet.coins({ min })
  const selection = selectCoins({
    candidates,
    amount: wanted,
    weight: weight + Math.max(fixed.length - 1, 0) * TEMPLATE_INPUT_WEIGHT,
    feeRate,
    changeScript,
  })
  if (selection === undefined) {
    const why = 'insufficient funds available to construct transaction'
    throw new LndRefusal(`wallet couldn't fund PSBT: error creating funding TX: ${why}`)
  }
  return { coins: fixed.length > 0 ? [] : selection.coins, change: selection.change }
}

/** Template inputs as a single coin of their value. */
const givenAsOne = (value: bigint) =>
  ({ txid: '', index: 0, value, script: new Uint8Array(22), height: 0, coinbase: false, kind: 'p2wkh' }) as const

function assemble(
  chain: Chain,
  wallet: Wallet,
  coins: readonly Coin[],
  outputs: readonly SpentOutput[],
  template: Template,
): Psbt {
  const psbt = new Psbt({ network: networks.regtest })
  psbt.setVersion(2)
  psbt.setLocktime(template.lockTime)
  const sorted = coins.toSorted((a, b) => (a.txid === b.txid ? a.index - b.index : a.txid < b.txid ? -1 : 1))
  for (const coin of sorted) addCoin(psbt, chain, wallet, coin)
  for (const output of outputs) psbt.addOutput({ script: output.script, value: output.value })
  return psbt
}

/** Everything a signer may want to know of an own coin. */
function addCoin(psbt: Psbt, chain: Chain, wallet: Wallet, coin: Coin): void {
  const { script, value } = coin
  const key = wallet.book.find(script)
  const previous = chain.transaction(coin.txid)?.tx
  const index = psbt.inputCount
  psbt.addInput({ hash: coin.txid, index: coin.index, sequence: FINAL, witnessUtxo: { script, value } })
  if (previous !== undefined) psbt.data.updateInput(index, { nonWitnessUtxo: fromHex(previous.toHex()) })
  if (key === undefined) return
  const path = formatPath(key.path)
  psbt.data.updateInput(index, {
    bip32Derivation: [{ masterFingerprint: FINGERPRINT, pubkey: key.publicKey, path }],
  })
  if (key.kind !== 'p2tr') return void psbt.data.updateInput(index, { sighashType: SIGHASH_ALL })
  const pubkey = key.publicKey.subarray(1)
  const derivation = { masterFingerprint: FINGERPRINT, pubkey, path, leafHashes: [] }
  psbt.data.updateInput(index, { tapInternalKey: pubkey, tapBip32Derivation: [derivation] })
}

function byValueThenScript(a: SpentOutput, b: SpentOutput): number {
  if (a.value !== b.value) return a.value < b.value ? -1 : 1
  return compareBytes(a.script, b.script)
}
