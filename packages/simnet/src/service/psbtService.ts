import type { Handlers, walletrpc } from '@tidepool/rpc'
import type { RunningNode } from '../node/runningNode.ts'

type Served = 'fundPsbt' | 'signPsbt' | 'finalizePsbt'

export function psbtService(_node: RunningNode): Partial<Pick<Handlers<walletrpc.WalletKit_Service>, Served>> {
  return {}
}
