import { Transaction } from 'bitcoinjs-lib'
import { fromHex } from '@tidepool/crypto'
import { addService, createServer, services, STATUS, type Handlers, type Server, type tidepool } from '@tidepool/rpc'
import { spentOutputs } from './chain/chain.ts'
import { coinKey, type Coin } from './chain/coin.ts'
import type { CodesOf, StatusTable } from '@tidepool/rpc'
import type * as rejection from './chain/rejection.ts'
import { HEALTHY } from './node/faults.ts'
import type { Simnet } from './simnet.ts'
import { SimnetError } from './simnetError.ts'
import type * as simnetError from './simnetError.ts'

const STATUS_OF = {
  TX_REJECTED: STATUS.INVALID_ARGUMENT,
  REORG_TOO_DEEP: STATUS.INVALID_ARGUMENT,
  FAUCET_EMPTY: STATUS.FAILED_PRECONDITION,
  NO_SUCH_NODE: STATUS.NOT_FOUND,
  NO_SUCH_TRANSACTION: STATUS.NOT_FOUND,
  NO_SUCH_BLOCK: STATUS.NOT_FOUND,
  BAD_USAGE: STATUS.INVALID_ARGUMENT,
} satisfies StatusTable<CodesOf<typeof rejection> | CodesOf<typeof simnetError>>

/** Where a node's credentials were written. */
export interface NodeFiles {
  readonly tlsCertPath: string
  readonly macaroonPath: string
}

/** Server of tidepool.Simnet: mining, money, faults. */
export function controlServer(
  simnet: Simnet,
  filesOf: (name: string) => NodeFiles,
  onUnexpected: (error: unknown) => void,
): Server {
  const server = createServer({ tls: 'insecure', statusByCode: STATUS_OF, onUnexpected })
  addService(server, services.tidepool.Simnet, { ...chainCalls(simnet), ...nodeCalls(simnet, filesOf) })
  return server
}

type Calls = Partial<Handlers<tidepool.Simnet_Service>>

function chainCalls(simnet: Simnet): Calls {
  const { chain } = simnet
  return {
    mine: async ({ blocks }) => ({ blockHashes: simnet.mine(blocks), height: chain.height }),
    fund: async ({ node, sat, coins }) => ({ txid: simnet.fund(node, sat, coins), height: chain.height }),
    reorg: async ({ depth, blocks, empty }) => {
      simnet.reorg(depth, { empty, ...(blocks > 0 ? { blocks } : {}) })
      return { height: chain.height }
    },
    getTransaction: async ({ txid }) => getTransaction(simnet, txid),
    getMempool: async () => ({ rawTxs: chain.mempool.list().map((entry) => raw(entry.tx)) }),
    setMempoolFloor: async ({ satPerKvb }) => {
      chain.mempool.setFloor(satPerKvb)
      return { numTransactions: chain.mempool.list().length }
    },
    takeOutput: async ({ txid, index }) => ({ txid: chain.take(coinKey(txid, index)).getId() }),
    getBlock: async ({ height }) => {
      const block = chain.blockAt(height)
      if (block === undefined) throw new SimnetError({ code: 'NO_SUCH_BLOCK', height }, `there is no block ${height}`)
      return { blockHash: block.hash, rawTxs: block.transactions.map(raw) }
    },
    getOutput: async ({ txid, index }) => getOutput(simnet, txid, index),
    publish: async ({ rawTx }) => {
      const tx = Transaction.fromBuffer(rawTx)
      chain.publish(tx)
      return { txid: tx.getId() }
    },
    evict: async () => ({ txids: chain.evict() }),
  }
}

function nodeCalls(simnet: Simnet, filesOf: (name: string) => NodeFiles): Calls {
  return {
    status: async () => ({
      height: simnet.chain.height,
      blockHash: simnet.chain.tip.hash,
      mempoolSize: simnet.chain.mempool.list().length,
      nodes: simnet.names().map((name) => {
        const node = simnet.node(name)
        const { address, pubkey, uri } = node
        const running = node.running !== undefined
        return { name, address, pubkey, uri, running, faults: node.state.faults, ...filesOf(name) }
      }),
    }),
    stopNode: async ({ node }) => {
      await simnet.stopNode(node)
      return {}
    },
    startNode: async ({ node, faults }) => {
      await simnet.startNode(node, faults ?? HEALTHY)
      return {}
    },
    setFeeRate: async ({ satPerKw }) => {
      for (const name of simnet.names()) simnet.node(name).state.feeRate = satPerKw
      return {}
    },
    setFaults: async ({ node, faults }) => {
      simnet.node(node).state.faults = faults ?? HEALTHY
      return {}
    },
  }
}

const raw = (tx: Transaction): Uint8Array => fromHex(tx.toHex())

function getTransaction(simnet: Simnet, txid: string): tidepool.GetChainTransactionResponseInit {
  const { chain } = simnet
  const found = chain.transaction(txid)
  if (found === undefined) {
    throw new SimnetError({ code: 'NO_SUCH_TRANSACTION', txid }, `there is no transaction ${txid}`)
  }
  const blockHeight = 'height' in found ? found.height : 0
  return {
    rawTx: raw(found.tx),
    blockHeight,
    confirmations: blockHeight === 0 ? 0 : chain.height - blockHeight + 1,
    previousOutputs: spentOutputs(chain, found.tx).map((coin) => (coin === undefined ? {} : outputMessage(coin))),
  }
}

function getOutput(simnet: Simnet, txid: string, index: number): tidepool.GetOutputResponseInit {
  const { chain } = simnet
  const key = coinKey(txid, index)
  const coin = chain.ledger.anyCoin(key) ?? chain.mempool.coin(key)
  const spend = chain.spendOf(key)
  return {
    exists: coin !== undefined,
    output: coin === undefined ? undefined : outputMessage(coin),
    spendingTxid: spend?.tx.getId() ?? chain.mempool.spenderOf(key) ?? '',
    spendingHeight: spend?.height ?? 0,
  }
}

const outputMessage = ({ txid, index, value, script }: Coin): tidepool.ChainOutputInit => ({
  txid,
  index,
  value,
  script,
})
