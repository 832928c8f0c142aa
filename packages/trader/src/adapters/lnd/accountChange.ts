import {
  addressToScript,
  concatBytes,
  decodePsbt,
  decodeTx,
  encodePsbt,
  formatOutPoint,
  redeemScriptOf,
  scriptToAddress,
  signedInputFields,
  witnessUtxoOf,
} from '@tidepool/crypto'
import type { Network, OutPoint, PsbtField, SatPerKWeight, Transaction, TxOutput } from '@tidepool/crypto'
import {
  LndError,
  bumpFee,
  createMuSig2Session,
  dropMuSig2Session,
  finalizePsbt,
  fundPsbt,
  isSilence,
  nextAddress,
  registerNonces,
  releaseCoin,
  signLeafInput,
  signMuSig2,
  walletTransactions,
  wholeSatPerVByte,
} from '@tidepool/rpc'
import type { LndClients } from '@tidepool/rpc'
import { ACCOUNT_KEY_FAMILY } from '../../core/account.ts'
import type { CoinLease } from '../../core/account.ts'
import { TraderError } from '../../core/errors.ts'
import type {
  ChangeSigner,
  ChangeWallet,
  ChosenCoin,
  ChosenCoins,
  LabelledTransaction,
  LeafSpend,
  MuSig2Half,
} from '../../ports/accountChange.ts'

/** lnd's wallet and signer, for changes of accounts. */
export class LndChanges implements ChangeWallet, ChangeSigner {
  readonly #lnd: LndClients
  readonly #network: Network

  constructor(lnd: LndClients, network: Network) {
    this.#lnd = lnd
    this.#network = network
  }

  async chooseCoins(output: TxOutput, feeRate: SatPerKWeight): Promise<ChosenCoins> {
    const address = scriptToAddress(output.script, this.#network) ?? ''
    const { psbt, leases } = await this.#fund({ address, value: output.value }, feeRate)
    try {
      const { unsigned, inputs } = decodePsbt(psbt)
      const coins = unsigned.inputs.map(({ prevout }, index) => chosenCoin(prevout, inputs[index] ?? []))
      return { coins, outputs: unsigned.outputs, psbt, leases }
    } catch (error) {
      await this.releaseCoins(leases)
      throw error
    }
  }

  async releaseCoins(leases: readonly CoinLease[]): Promise<void> {
    for (const lease of leases) await releaseCoin(this.#lnd, lease)
  }

  async signCoins(
    transaction: Transaction,
    prevOutputs: readonly TxOutput[],
    chosen: ChosenCoins,
  ): Promise<Transaction> {
    const { unsigned, inputs } = decodePsbt(chosen.psbt)
    const fields = new Map(unsigned.inputs.map(({ prevout }, i) => [formatOutPoint(prevout), inputs[i] ?? []]))
    const psbt = encodePsbt({
      unsigned: transaction,
      inputs: transaction.inputs.map(({ prevout, witness }, i) => {
        const spent = prevOutputs[i]
        const ours = fields.get(formatOutPoint(prevout))
        return ours ?? (spent === undefined ? [] : signedInputFields(spent, witness))
      }),
      outputs: transaction.outputs.map(() => []),
    })
    return decodeTx(await finalizePsbt(this.#lnd, psbt))
  }

  async newScript(kind: 'p2wpkh' | 'p2tr'): Promise<Uint8Array> {
    return this.scriptOf(await nextAddress(this.#lnd, kind))
  }

  scriptOf(address: string): Uint8Array {
    return addressToScript(address, this.#network)
  }

  async bumpFee(outpoint: OutPoint, feeRate: SatPerKWeight): Promise<'bumped' | 'foreign'> {
    try {
      await bumpFee(this.#lnd, outpoint, wholeSatPerVByte(feeRate))
      return 'bumped'
    } catch (error) {
      if (error instanceof LndError && error.code === 'LND_OUTPUT_FOREIGN') return 'foreign'
      throw error
    }
  }

  async history(): Promise<readonly LabelledTransaction[]> {
    const all = await walletTransactions(this.#lnd)
    return all.map(({ raw, ...rest }) => ({ ...rest, tx: decodeTx(raw) }))
  }

  async openMuSig2(session: Parameters<ChangeSigner['openMuSig2']>[0]): Promise<MuSig2Half> {
    const { keyIndex, version, keys, merkleRoot: scriptRoot } = session
    const locator = { family: ACCOUNT_KEY_FAMILY, index: keyIndex }
    const handle = await createMuSig2Session(this.#lnd, { version, keys, scriptRoot, locator })
    return {
      publicNonce: handle.publicNonce,
      sign: async (otherNonce, digest) => {
        await registerNonces(this.#lnd, handle, [otherNonce])
        return signMuSig2(this.#lnd, handle, digest, true)
      },
      drop: () => dropMuSig2Session(this.#lnd, handle),
    }
  }

  signLeaf({ accountKey, keyIndex, ...spend }: LeafSpend): Promise<Uint8Array> {
    const locator = { family: ACCOUNT_KEY_FAMILY, index: keyIndex }
    return signLeafInput(this.#lnd, { ...spend, key: { key: accountKey, locator } })
  }

  /** A refusal means that lnd cannot pay; silence that nobody knows, and lnd frees the coins by itself. */
  async #fund(output: { readonly address: string; readonly value: bigint }, feeRate: SatPerKWeight) {
    try {
      return await fundPsbt(this.#lnd, output, feeRate)
    } catch (cause) {
      if (!(cause instanceof LndError) || isSilence(cause)) throw cause
      const reason = cause.detail.details
      throw new TraderError({ code: 'WALLET_CANNOT_FUND', reason }, `lnd cannot fund the deposit: ${reason}`, { cause })
    }
  }
}

function chosenCoin(outpoint: OutPoint, fields: readonly PsbtField[]): ChosenCoin {
  const output = witnessUtxoOf(fields)
  if (output === undefined) {
    const what = `a coin without its output: ${formatOutPoint(outpoint)}`
    throw new TraderError({ code: 'WALLET_FUNDING_UNEXPECTED', what }, `lnd chose ${what}`)
  }
  const redeem = redeemScriptOf(fields) ?? new Uint8Array()
  const sigScript = redeem.length === 0 ? redeem : concatBytes(Uint8Array.of(redeem.length), redeem)
  return { outpoint, output, sigScript }
}
