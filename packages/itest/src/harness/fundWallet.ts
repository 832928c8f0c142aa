import { addressToScript, satoshi, type TxOutput, type Txid } from '@tidepool/crypto'
import type { RpcChain } from './chain/rpcChain.ts'
import type { LndClients } from './lndNode.ts'

/** From the miner to new addresses of an lnd wallet, in `coins` outputs; waits in the mempool. */
export async function payToWallet(chain: RpcChain, lnd: LndClients, sat: bigint, coins: number): Promise<Txid> {
  const share = sat / BigInt(coins)
  const outputs: TxOutput[] = []
  for (let i = 0; i < coins; i++) {
    const { address } = await lnd.lightning.newAddress({ type: 'TAPROOT_PUBKEY' })
    const value = satoshi(i === 0 ? sat - share * BigInt(coins - 1) : share)
    outputs.push({ value, script: addressToScript(address, 'regtest') })
  }
  return chain.pay(outputs)
}
