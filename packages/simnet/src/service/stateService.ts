import type { Handlers, lnrpc, verrpc } from '@tidepool/rpc'
import { EventQueue } from '../util/eventQueue.ts'
import type { RunningNode } from '../node/runningNode.ts'

export const SIMULATED_VERSION = '0.20.1-beta'
const BUILD_TAGS = ['signrpc', 'walletrpc', 'chainrpc', 'invoicesrpc']

function walletState(node: RunningNode): lnrpc.WalletState {
  if (node.faults.walletLocked) return 'LOCKED'
  return node.isSynced() ? 'SERVER_ACTIVE' : 'RPC_ACTIVE'
}

export function stateService(node: RunningNode): Partial<Handlers<lnrpc.State_Service>> {
  return {
    getState: async () => ({ state: walletState(node) }),
    subscribeState: (_, { signal }) => {
      const queue = new EventQueue<lnrpc.SubscribeStateResponseInit>(signal)
      queue.push({ state: walletState(node) })
      return queue
    },
  }
}

export function versionService(node: RunningNode): Partial<Handlers<verrpc.Versioner_Service>> {
  return {
    getVersion: async () => {
      const version = node.faults.version || SIMULATED_VERSION
      const [numbers = '', ...pre] = version.split('-')
      const [appMajor = 0, appMinor = 0, appPatch = 0] = numbers.split('.').map(Number)
      return {
        version: `${version} commit=simnet`,
        appMajor,
        appMinor,
        appPatch,
        appPreRelease: pre.join('-'),
        buildTags: BUILD_TAGS.filter((tag) => !node.faults.missingSubservers.includes(tag)),
        goVersion: 'none',
      }
    },
  }
}
