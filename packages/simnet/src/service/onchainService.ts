import { addressToScript } from '@tidepool/crypto'
import type { Handlers, lnrpc } from '@tidepool/rpc'
import { coinKey } from '../chain/coin.ts'
import { LndRefusal } from '../lndRefusal.ts'
import type { RunningNode } from '../node/runningNode.ts'
import { addressOf, type AddressKind } from '../wallet/addressBook.ts'
import { outputWeight, selectCoins } from '../wallet/selectCoins.ts'
import { sendOutputs } from '../wallet/sendOutputs.ts'
import { transactionMessage } from '../wallet/transactionMessage.ts'
import type { WalletCoin } from '../wallet/wallet.ts'

type Served = 'getTransactions' | 'walletBalance' | 'newAddress' | 'estimateFee' | 'sendCoins'

const KIND_OF: Partial<Record<string, AddressKind>> = {
  WITNESS_PUBKEY_HASH: 'p2wkh',
  UNUSED_WITNESS_PUBKEY_HASH: 'p2wkh',
  NESTED_PUBKEY_HASH: 'nested',
  UNUSED_NESTED_PUBKEY_HASH: 'nested',
  TAPROOT_PUBKEY: 'p2tr',
  UNUSED_TAPROOT_PUBKEY: 'p2tr',
}

/** The on-chain calls of lnrpc.Lightning. */
export function onchainService(node: RunningNode): Pick<Handlers<lnrpc.Lightning_Service>, Served> {
  const { wallet } = node.state
  return {
    getTransactions: async (request) => ({ transactions: getTransactions(node, request) }),
    walletBalance: async () => walletBalance(node),
    newAddress: async ({ type }) => {
      const kind = KIND_OF[type]
      if (kind === undefined) throw new LndRefusal(`unknown address type: ${type}`)
      return { address: addressOf(wallet.book.next(kind).script) }
    },
    estimateFee: async (request) => estimateFee(node, request),
    sendCoins: async (request) => {
      if (request.sendAll) throw new LndRefusal('send_all is not simulated', 12)
      const feeRate = request.satPerVbyte === 0n ? node.state.feeRate : request.satPerVbyte * 250n
      const tx = sendOutputs(wallet, {
        outputs: [{ value: request.amount, script: scriptOf(request.addr) }],
        feeRate,
        minConfirmations: request.spendUnconfirmed ? request.minConfs : Math.max(request.minConfs, 1),
        label: request.label,
        reserve: node.requiredReserve(),
      })
      return { txid: tx.getId() }
    },
  }
}

/** Oldest first, unconfirmed last; end height 0 and -1 both include them. */
function getTransactions(node: RunningNode, request: lnrpc.GetTransactionsRequest): readonly lnrpc.TransactionInit[] {
  const { wallet } = node.state
  const { startHeight, endHeight } = request
  const withMempool = endHeight <= 0
  const last = endHeight <= 0 ? Number.MAX_SAFE_INTEGER : endHeight
  const all = wallet
    .history()
    .map((txid) => transactionMessage(wallet, node.chain, txid))
    .filter((message) => message !== undefined)
  const heightOf = (message: lnrpc.TransactionInit): number => message.blockHeight || Number.MAX_SAFE_INTEGER
  return all
    .filter((message) => {
      const height = message.blockHeight ?? 0
      return height === 0 ? withMempool : height >= startHeight && height <= last
    })
    .toSorted((a, b) => heightOf(a) - heightOf(b))
}

function walletBalance(node: RunningNode): lnrpc.WalletBalanceResponseInit {
  const { wallet } = node.state
  const isLeased = (coin: WalletCoin): boolean => wallet.leases.isHeld(coinKey(coin.txid, coin.index))
  const coins = wallet.allCoins()
  const total = (wanted: (coin: WalletCoin) => boolean): bigint =>
    coins.filter(wanted).reduce((sum, coin) => sum + coin.value, 0n)
  const confirmedBalance = total((coin) => coin.height !== undefined && !isLeased(coin))
  const unconfirmedBalance = total((coin) => coin.height === undefined && !isLeased(coin))
  return {
    totalBalance: confirmedBalance + unconfirmedBalance,
    confirmedBalance,
    unconfirmedBalance,
    lockedBalance: total(isLeased),
    reservedBalanceAnchorChan: node.requiredReserve(),
    accountBalance: new Map([['default', { confirmedBalance, unconfirmedBalance }]]),
  }
}

function estimateFee(node: RunningNode, request: lnrpc.EstimateFeeRequest): lnrpc.EstimateFeeResponseInit {
  const { wallet, feeRate } = node.state
  const outputs = [...request.addrToAmount].map(([address, value]) => ({ script: scriptOf(address), value }))
  if (outputs.length === 0) throw new LndRefusal('must specify at least one output to create')
  const selection = selectCoins({
    candidates: wallet.coins({ min: request.spendUnconfirmed ? request.minConfs : Math.max(request.minConfs, 1) }),
    amount: outputs.reduce((sum, output) => sum + output.value, 0n),
    weight: outputs.reduce((sum, output) => sum + outputWeight(output.script), 0),
    feeRate,
    changeScript: new Uint8Array(34).fill(0x51, 0, 1),
  })
  if (selection === undefined) throw new LndRefusal('insufficient funds available to construct transaction')
  const satPerVbyte = feeRate / 250n
  return { feeSat: selection.fee, feerateSatPerByte: satPerVbyte, satPerVbyte }
}

function scriptOf(address: string): Uint8Array {
  try {
    return addressToScript(address, 'regtest')
  } catch {
    throw new LndRefusal('address is not for regtest')
  }
}
