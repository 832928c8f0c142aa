import { blockHeight, pubKey } from '@tidepool/crypto'
import type { tidepool } from '@tidepool/rpc'
import type { RecoveryProgress } from '../../app/recovery/chainRecovery.ts'
import type { Recovery } from '../../app/recovery/recovery.ts'
import type { ChainRecoveryRequest } from '../../app/recovery/chainRecovery.ts'
import { TraderError, invalid } from '../../core/errors.ts'
import type { BlockSource } from '../../ports/history.ts'
import { RpcBlocks } from '../bitcoin/rpcBlocks.ts'
import type { HandlerModules, TraderHandlers } from './handlerModules.ts'

/** The stock call: with the auctioneer, or with chain and keys alone until the likely places are searched. */
export function recoveryHandlers(modules: HandlerModules): TraderHandlers {
  return {
    recoverAccounts: async (request, { signal }) => {
      const recovery = recoveryOf(modules)
      if (!request.fullClient) return { numRecoveredAccounts: await recovery.withAuctioneer(request.accountTarget) }
      const { auctioneerKey, heightHint: firstBlock, accountTarget: keys } = request
      const wish = { auctioneerKey, firstBlock, keys, batches: 0, wide: false, restart: false }
      const tell = async (): Promise<void> => undefined
      const search = chainRequest(wish, recovery)
      const blocks = blocksOf({ ...request })
      return { numRecoveredAccounts: await recovery.fromChain({ request: search, blocks, tell, signal }) }
    },
  }
}

/** The same with progress: ending the call stops the search where it is. */
export async function* recoverFromChainStream(
  modules: HandlerModules,
  request: tidepool.RecoverFromChainRequest,
  signal: AbortSignal,
): AsyncGenerator<tidepool.RecoverFromChainProgressInit, void, undefined> {
  const recovery = recoveryOf(modules)
  const queue: RecoveryProgress[] = []
  let wake: () => void = () => undefined
  const tell = async (progress: RecoveryProgress): Promise<void> => {
    queue.push(progress)
    wake()
  }
  const search = chainRequest(request, recovery)
  const blocks = blocksOf(request)
  let outcome: { readonly recovered: number } | { readonly error: unknown } | undefined
  void recovery
    .fromChain({ request: search, blocks, tell, signal })
    .then(
      (recovered) => (outcome = { recovered }),
      (error: unknown) => (outcome = { error }),
    )
    .finally(() => wake())
  let last: RecoveryProgress | undefined
  while (queue.length > 0 || outcome === undefined) {
    const next = queue.shift()
    if (next === undefined) await new Promise<void>((resolve) => (wake = resolve))
    else if (next.phase === 'done') last = next
    else yield progressToWire(next, 0)
  }
  if ('error' in outcome) throw outcome.error
  yield progressToWire(last ?? NOTHING, outcome.recovered)
}

const NOTHING: RecoveryProgress = {
  ...{ phase: 'done', stage: '', found: 0, candidates: 0, blocksLeft: 0, secondsLeft: 0 },
  left: { batchKeys: 0, p2wsh: 0, p2tr: 0 },
}

const progressToWire = (progress: RecoveryProgress, recovered: number): tidepool.RecoverFromChainProgressInit => ({
  phase: progress.phase,
  stage: progress.stage,
  accountsFound: progress.found,
  unexplainedOutputs: progress.candidates,
  scriptsLeft: BigInt(progress.left.p2wsh + progress.left.p2tr),
  blocksLeft: progress.blocksLeft,
  secondsLeft: BigInt(progress.secondsLeft),
  accountsRecovered: recovered,
})

export function recoveryOf(modules: HandlerModules): Recovery {
  const { recovery } = modules.trader()
  if (recovery !== undefined) return recovery
  throw new TraderError({ code: 'NOT_SUPPORTED', method: 'RecoverAccounts' }, 'this daemon cannot recover accounts')
}

interface ChainWish {
  readonly auctioneerKey: string
  readonly firstBlock: number
  readonly keys: number
  readonly batches: number
  readonly wide: boolean
  readonly restart: boolean
}

/** @throws TraderError REQUEST_INVALID */
function chainRequest(wish: ChainWish, { knownAuctioneer }: Recovery): ChainRecoveryRequest {
  const { keys, batches, wide, restart } = wish
  const common = { keys, batches, wide, resume: !restart }
  if (wish.auctioneerKey === '') {
    if (knownAuctioneer === undefined) throw invalid('auctioneer_key', 'needed on this network')
    return { ...common, ...knownAuctioneer, firstBlock: blockHeight(wish.firstBlock || knownAuctioneer.firstBlock) }
  }
  if (wish.firstBlock === 0) throw invalid('height_hint', 'the first block that can hold accounts of this auctioneer')
  return { ...common, auctioneerKey: auctioneerKeyOf(wish.auctioneerKey), firstBlock: blockHeight(wish.firstBlock) }
}

function auctioneerKeyOf(text: string) {
  try {
    return pubKey(text.toLowerCase(), 'auctioneer key')
  } catch {
    throw invalid('auctioneer_key', 'expected 66 hex digits of a compressed public key')
  }
}

/** undefined for lnd's own. */
function blocksOf(request: {
  readonly bitcoinHost: string
  readonly bitcoinUser: string
  readonly bitcoinPassword: string
  readonly bitcoinUsetls: boolean
  readonly bitcoinTlspath: string
}): BlockSource | undefined {
  const { bitcoinHost: host, bitcoinUser: user, bitcoinPassword: password } = request
  if (host === '') return undefined
  const tls = request.bitcoinUsetls ? { certPath: request.bitcoinTlspath } : undefined
  return new RpcBlocks({ host, user, password, tls })
}
