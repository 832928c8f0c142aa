import { blockHeight, decodeTx, fromHex } from '@tidepool/crypto'
import type { BlockHeight } from '@tidepool/crypto'
import { asLnd } from '@tidepool/rpc'
import type { LndClients } from '@tidepool/rpc'
import { TraderError, reasonOf } from '../../core/errors.ts'
import type { BlockSource, HistoricTransaction, WalletHistory } from '../../ports/history.ts'

/** What lnd's wallet knows. */
export class LndHistory implements WalletHistory {
  readonly #lnd: LndClients

  constructor(lnd: LndClients) {
    this.#lnd = lnd
  }

  async transactions(): Promise<readonly HistoricTransaction[]> {
    const { transactions } = await asLnd(this.#lnd.lightning.getTransactions({ startHeight: 0, endHeight: -1 }))
    const all = transactions.map(({ rawTxHex, label, blockHeight: height, outputDetails }) => ({
      tx: decodeTx(fromHex(rawTxHex)),
      label,
      height: height > 0 ? blockHeight(height) : undefined,
      ownOutputs: new Set(outputDetails.filter((one) => one.isOurAddress).map((one) => Number(one.outputIndex))),
    }))
    const place = (height: BlockHeight | undefined): number => height ?? Number.MAX_SAFE_INTEGER
    return all.toSorted((a, b) => place(a.height) - place(b.height))
  }

  /** Accounts of families are told apart by their path; coin types differ with the network. */
  async keysInUse(family: number): Promise<number> {
    const { accounts } = await asLnd(this.#lnd.walletKit.listAccounts({}))
    const account = accounts.find(({ derivationPath }) => new RegExp(`^m/1017'/\\d+'/${family}'$`).test(derivationPath))
    return account?.externalKeyCount ?? 0
  }
}

/** Blocks from the chain backend behind lnd. */
export class LndBlocks implements BlockSource {
  readonly #lnd: LndClients

  constructor(lnd: LndClients) {
    this.#lnd = lnd
  }

  async bestHeight(): Promise<BlockHeight> {
    return blockHeight((await reached(asLnd(this.#lnd.chainKit.getBestBlock({})))).blockHeight)
  }

  async block(height: BlockHeight): Promise<Uint8Array> {
    const { blockHash } = await reached(asLnd(this.#lnd.chainKit.getBlockHash({ blockHeight: BigInt(height) })))
    return (await reached(asLnd(this.#lnd.chainKit.getBlock({ blockHash })))).rawBlock
  }
}

/** @throws TraderError BLOCKS_UNREACHABLE */
async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (cause) {
    const reason = reasonOf(cause)
    throw new TraderError({ code: 'BLOCKS_UNREACHABLE', reason }, `no blocks from lnd: ${reason}`, { cause })
  }
}
