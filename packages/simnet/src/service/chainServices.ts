import type { chainrpc, Handlers } from '@tidepool/rpc'
import { hashBytes, hashText, headerOf, type Block } from '../chain/block.ts'
import { LndRefusal } from '../lndRefusal.ts'
import type { RunningNode } from '../node/runningNode.ts'

export function notifierService(node: RunningNode): Partial<Handlers<chainrpc.ChainNotifier_Service>> {
  const ready = (): void => {
    if (!node.isSynced()) throw new LndRefusal('chain notifier RPC is still in the process of starting')
  }
  return {
    registerConfirmationsNtfn: (request, { signal }) => {
      ready()
      return node.notifier.confirmations(request, signal)
    },
    registerSpendNtfn: (request, { signal }) => {
      ready()
      return node.notifier.spends(request, signal)
    },
    registerBlockEpochNtfn: (request, { signal }) => {
      ready()
      return node.notifier.blocks(request, signal)
    },
  }
}

export function chainKitService(node: RunningNode): Partial<Handlers<chainrpc.ChainKit_Service>> {
  const { chain } = node
  const byHash = (hash: Uint8Array): Block => {
    const block = chain.blockByHash(hashText(hash))
    if (block === undefined) throw new LndRefusal('-5: Block not found')
    return block
  }
  return {
    getBestBlock: async () => ({ blockHash: hashBytes(chain.tip.hash), blockHeight: chain.height }),
    getBlock: async (request) => ({ rawBlock: byHash(request.blockHash).raw }),
    getBlockHeader: async (request) => ({ rawBlockHeader: headerOf(byHash(request.blockHash)) }),
    getBlockHash: async (request) => {
      const block = chain.blockAt(Number(request.blockHeight))
      if (block === undefined) throw new LndRefusal('-8: Block height out of range')
      return { blockHash: hashBytes(block.hash) }
    },
  }
}
