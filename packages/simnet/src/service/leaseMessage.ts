import { fromHex } from '@tidepool/crypto'
import type { walletrpc } from '@tidepool/rpc'
import type { Chain } from '../chain/chain.ts'
import type { Lease } from '../wallet/leases.ts'
import { outpointMessage } from './outpoints.ts'

/** A held coin with what it is worth. */
export function leaseMessage(chain: Chain, lease: Lease): walletrpc.UtxoLeaseInit {
  const [txid = '', index = '0'] = lease.key.split(':')
  const coin = chain.ledger.anyCoin(lease.key) ?? chain.mempool.coin(lease.key)
  return {
    id: fromHex(lease.id),
    outpoint: outpointMessage(txid, Number(index)),
    expiration: lease.expiration,
    pkScript: coin?.script ?? new Uint8Array(),
    value: coin?.value ?? 0n,
  }
}
