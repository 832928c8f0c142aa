import { fromHex } from '@tidepool/crypto'
import type { Handlers, walletrpc } from '@tidepool/rpc'
import type { RunningNode } from '../node/runningNode.ts'
import { finalizePsbt } from '../wallet/psbt/finalizePsbt.ts'
import { fundPsbt, parsePsbt } from '../wallet/psbt/fundPsbt.ts'
import { signPsbt } from '../wallet/psbt/signPsbt.ts'
import { leaseMessage } from './leaseMessage.ts'

type Served = 'fundPsbt' | 'signPsbt' | 'finalizePsbt'

export function psbtService(node: RunningNode): Pick<Handlers<walletrpc.WalletKit_Service>, Served> {
  const { wallet } = node.state
  return {
    fundPsbt: async (request) => {
      const { psbt, changeIndex, locked } = fundPsbt(node.chain, wallet, request, node.state.feeRate)
      return {
        fundedPsbt: psbt.toBuffer(),
        changeOutputIndex: changeIndex,
        lockedUtxos: locked.map((lease) => leaseMessage(node.chain, lease)),
      }
    },
    signPsbt: async ({ fundedPsbt }) => {
      const psbt = parsePsbt(fundedPsbt)
      const signedInputs = signPsbt(node.ring, psbt)
      return { signedPsbt: psbt.toBuffer(), signedInputs }
    },
    finalizePsbt: async ({ fundedPsbt }) => {
      const psbt = parsePsbt(fundedPsbt)
      const tx = finalizePsbt(wallet, psbt)
      return { signedPsbt: psbt.toBuffer(), rawFinalTx: fromHex(tx.toHex()) }
    },
  }
}
