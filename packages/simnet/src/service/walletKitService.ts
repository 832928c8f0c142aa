import { fromHex, toHex } from '@tidepool/crypto'
import type { Handlers, lnrpc, walletrpc } from '@tidepool/rpc'
import { coinKey } from '../chain/coin.ts'
import { LndRefusal } from '../lndRefusal.ts'
import type { RunningNode } from '../node/runningNode.ts'
import type { LocatedKey } from '../keys/keyRing.ts'
import { addressOf, type AddressKind } from '../wallet/addressBook.ts'
import { bumpFee } from '../wallet/bumpFee.ts'
import { sendOutputs } from '../wallet/sendOutputs.ts'
import { transactionMessage } from '../wallet/transactionMessage.ts'
import { listAccounts } from './accounts.ts'
import { outpointKey, outpointMessage } from './outpoints.ts'
import { leaseMessage } from './leaseMessage.ts'
import { hashText } from '../chain/block.ts'
import { psbtService } from './psbtService.ts'

/** lnd's floor for fee rates, also what it calls the relay minimum. */
export const FEE_FLOOR = 253n

const KIND_OF: Partial<Record<string, AddressKind>> = {
  UNKNOWN: 'p2wkh',
  WITNESS_PUBKEY_HASH: 'p2wkh',
  NESTED_WITNESS_PUBKEY_HASH: 'nested',
  HYBRID_NESTED_WITNESS_PUBKEY_HASH: 'nested',
  TAPROOT_PUBKEY: 'p2tr',
}

const UTXO_TYPE: Record<AddressKind, lnrpc.AddressType> = {
  p2wkh: 'WITNESS_PUBKEY_HASH',
  nested: 'NESTED_PUBKEY_HASH',
  p2tr: 'TAPROOT_PUBKEY',
}

const keyMessage = ({ publicKey, locator }: LocatedKey) => ({
  rawKeyBytes: publicKey,
  keyLoc: { keyFamily: locator.family, keyIndex: locator.index },
})

export function walletKitService(node: RunningNode): Partial<Handlers<walletrpc.WalletKit_Service>> {
  return { ...keyCalls(node), ...coinCalls(node), ...spendCalls(node), ...psbtService(node) }
}

function keyCalls(node: RunningNode): Partial<Handlers<walletrpc.WalletKit_Service>> {
  const { ring } = node
  const { book } = node.state.wallet
  return {
    deriveNextKey: async ({ keyFamily }) => keyMessage(ring.nextKey(keyFamily)),
    deriveKey: async ({ keyFamily: family, keyIndex: index }) => {
      const locator = { family, index }
      return keyMessage({ locator, publicKey: ring.publicKey(locator) })
    },
    nextAddr: async ({ type, change }) => {
      const kind = KIND_OF[type]
      if (kind === undefined) throw new LndRefusal(`invalid address type: ${type}`)
      return { addr: addressOf(book.next(kind, change).script) }
    },
    listAccounts: async (request) => ({ accounts: listAccounts(node, request) }),
  }
}

function coinCalls(node: RunningNode): Partial<Handlers<walletrpc.WalletKit_Service>> {
  const { wallet } = node.state
  return {
    listUnspent: async ({ minConfs, maxConfs, unconfirmedOnly }) => {
      if (minConfs < 0) throw new LndRefusal('min confirmations must be >= 0')
      if (maxConfs !== 0 && minConfs > maxConfs) {
        throw new LndRefusal('max confirmations must be >= min confirmations')
      }
      const range = unconfirmedOnly
        ? { min: 0, max: 0 }
        : { min: minConfs, max: maxConfs === 0 ? Number.MAX_SAFE_INTEGER : maxConfs }
      const utxos = wallet.coins(range).map((coin) => ({
        addressType: UTXO_TYPE[coin.kind],
        address: addressOf(coin.script),
        amountSat: coin.value,
        pkScript: toHex(coin.script),
        outpoint: outpointMessage(coin.txid, coin.index),
        confirmations: BigInt(wallet.confirmationsOf(coin.height)),
      }))
      return { utxos }
    },
    leaseOutput: async ({ id, outpoint, expirationSeconds }) => {
      const key = outpointKey(outpoint)
      const ours = wallet.allCoins().some((coin) => coinKey(coin.txid, coin.index) === key)
      return { expiration: wallet.leases.take(id, key, expirationSeconds, ours).expiration }
    },
    releaseOutput: async ({ id, outpoint }) => {
      const key = outpointKey(outpoint)
      wallet.leases.release(id, key)
      return { status: `output ${key} released` }
    },
    listLeases: async () => ({ lockedUtxos: wallet.leases.list().map((lease) => leaseMessage(node.chain, lease)) }),
    requiredReserve: async ({ additionalPublicChannels }) => ({
      requiredReserve: node.requiredReserve(additionalPublicChannels),
    }),
    getTransaction: async ({ txid }) => {
      const known = wallet.history().includes(txid) ? transactionMessage(wallet, node.chain, txid) : undefined
      if (known === undefined) throw new LndRefusal('transaction not found')
      return known
    },
    labelTransaction: async ({ txid, label, overwrite }) => {
      wallet.setLabel(hashText(txid), label, overwrite)
      return { status: `transaction label '${label}' added` }
    },
  }
}

function spendCalls(node: RunningNode): Partial<Handlers<walletrpc.WalletKit_Service>> {
  const { wallet } = node.state
  return {
    estimateFee: async ({ confTarget }) => {
      if (confTarget < 1) throw new LndRefusal('confirmation target must be greater than 0')
      return { satPerKw: node.state.feeRate, minRelayFeeSatPerKw: FEE_FLOOR }
    },
    sendOutputs: async (request) => {
      const tx = sendOutputs(wallet, {
        outputs: request.outputs.map((output) => ({ value: output.value, script: output.pkScript })),
        feeRate: request.satPerKw,
        minConfirmations: request.spendUnconfirmed ? request.minConfs : Math.max(request.minConfs, 1),
        label: request.label,
        reserve: node.requiredReserve(),
      })
      return { rawTx: fromHex(tx.toHex()) }
    },
    publishTransaction: async ({ txHex, label }) => {
      wallet.publish(txHex, label)
      return {}
    },
    bumpFee: async (request) => {
      if (request.targetConf !== 0 && (request.satPerVbyte !== 0n || request.satPerByte !== 0)) {
        const what = 'to specify the starting fee rate of the fee function'
        throw new LndRefusal(`either TargetConf or SatPerVbyte should be set, ${what}`)
      }
      const perVbyte = request.satPerVbyte === 0n ? BigInt(request.satPerByte) : request.satPerVbyte
      const feeRate = perVbyte === 0n ? node.state.feeRate : perVbyte * 250n
      return { status: bumpFee(node.chain, wallet, outpointKey(request.outpoint), feeRate, request.budget) }
    },
  }
}
