import {
  accountKey,
  accountOutput,
  blockHeight,
  INITIAL_BATCH_KEY,
  outPoint,
  pubKey,
  satoshi,
  txidOf,
  type AccountOutput,
  type AccountVersion,
  type Transaction,
  type TxOutput,
} from '@tidepool/crypto'
import type { signrpc } from '@tidepool/rpc'
import type { Contract } from './contract.ts'
import { planPayment } from './money.ts'

export const ACCOUNT_SAT = 500_000n
const SPEND_FEE = 2000n

/** A funded account of trader (taker) and auctioneer (maker), and a transaction that spends it. */
export interface FundedAccount {
  readonly output: AccountOutput
  readonly spent: TxOutput
  readonly expiry: number
  readonly traderLocator: signrpc.KeyLocatorInit
  readonly auctioneerLocator: signrpc.KeyLocatorInit
  readonly traderKey: Uint8Array
  readonly auctioneerKey: Uint8Array
  /** Unsigned; pays to the taker's wallet. */
  readonly spend: (options: { readonly lockTime: number; readonly sequence: number }) => Transaction
}

/** Opens accounts of all versions in one transaction, with keys that live in the two wallets. */
export async function fundAccounts(
  nodes: Contract,
  versions: readonly AccountVersion[],
  expiry: number,
): Promise<readonly FundedAccount[]> {
  const made = []
  for (const version of versions) made.push(await makeAccount(nodes, version, expiry))
  const outputs = made.map(({ output }) => ({ value: satoshi(ACCOUNT_SAT), script: output.script }))
  const payment = await planPayment(nodes.maker, outputs)
  const signed = await payment.publish()
  await nodes.stack.mine(1)
  const txid = txidOf(signed)
  return made.map((account, index) => ({
    ...account,
    spent: { value: satoshi(ACCOUNT_SAT), script: account.output.script },
    spend: ({ lockTime, sequence }) => ({
      version: 2,
      lockTime,
      inputs: [{ prevout: outPoint(txid, index), scriptSig: new Uint8Array(), sequence, witness: [] }],
      outputs: [{ value: satoshi(ACCOUNT_SAT - SPEND_FEE), script: payment.change.script }],
    }),
  }))
}

async function makeAccount(nodes: Contract, version: AccountVersion, expiry: number) {
  const { maker, taker } = nodes
  const trader = await taker.walletKit.deriveNextKey({ keyFamily: 220 })
  const auctioneer = await maker.walletKit.deriveNextKey({ keyFamily: 1220 })
  const { sharedKey } = await taker.signer.deriveSharedKey({
    ephemeralPubkey: auctioneer.rawKeyBytes,
    keyDesc: { keyLoc: trader.keyLoc },
  })
  const output = accountOutput({
    version,
    traderKey: accountKey(trader.rawKeyBytes),
    auctioneerKey: pubKey(auctioneer.rawKeyBytes),
    batchKey: INITIAL_BATCH_KEY,
    secret: sharedKey,
    expiry: blockHeight(expiry),
  })
  return {
    output,
    expiry,
    traderLocator: trader.keyLoc ?? {},
    auctioneerLocator: auctioneer.keyLoc ?? {},
    traderKey: trader.rawKeyBytes,
    auctioneerKey: auctioneer.rawKeyBytes,
  }
}
