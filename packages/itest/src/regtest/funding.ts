import type { Client, tidepool } from '@tidepool/rpc'
import type { RpcChain } from '../harness/chain/rpcChain.ts'
import { payToWallet } from '../harness/fundWallet.ts'
import type { RemoteLnd } from '../harness/lndNode.ts'
import { settings } from '../harness/settings.ts'
import { until } from '../harness/until.ts'

type Say = (line: string) => void

async function mineOne(chain: RpcChain, lnds: readonly RemoteLnd[]): Promise<void> {
  const height = await chain.mine(1)
  await Promise.all(lnds.map((node) => node.knows(height)))
}

/** Confirmed coins for every wallet that has none. */
export async function fundEmptyWallets(chain: RpcChain, lnds: readonly RemoteLnd[], say: Say): Promise<void> {
  const balance = async (node: RemoteLnd) => (await node.rpc.lightning.walletBalance({})).confirmedBalance
  const empty: RemoteLnd[] = []
  for (const node of lnds) if ((await balance(node)) === 0n) empty.push(node)
  if (empty.length === 0) return
  const { sat, coins } = settings.funding
  say(`paying ${sat} sat each to ${empty.map((node) => node.name).join(', ')}`)
  for (const node of empty) {
    await payToWallet(chain, node.rpc, BigInt(sat), coins)
    await mineOne(chain, lnds)
  }
  for (const node of empty) await until(`${node.name} sees its coins`, async () => (await balance(node)) >= BigInt(sat))
}

/** Without it there is no batch; the operator of a real auctioneer does this by hand. */
export async function openMasterAccount(
  chain: RpcChain,
  lnds: readonly RemoteLnd[],
  admin: Client<tidepool.Admin_Service>,
  say: Say,
): Promise<void> {
  const state = async () => (await admin.status({})).masterAccount?.state ?? 'NONE'
  if ((await state()) === 'READY') return
  say("opening the auctioneer's account")
  await admin.init({ amountSat: BigInt(settings.auctioneerd.initSat) })
  await until(
    "the auctioneer's account is ready",
    async () => {
      await mineOne(chain, lnds)
      return (await state()) === 'READY'
    },
    { timeoutMs: 180_000, pauseMs: 300 },
  )
}
