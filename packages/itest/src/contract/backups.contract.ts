import { beforeAll, describe, expect, it } from 'vitest'
import { pubKey, toHex, txidFromBytes } from '@tidepool/crypto'
import { BACKUP_KEY, decodeBackup, decryptBackup } from '@tidepool/trader'
import type { lnrpc } from '@tidepool/rpc'
import type { Contract, Lnd } from './contract.ts'
import { abandon, agree, CAPACITY, chanPoint, connect, openRequest, openUntilPending, register, shim } from './lease.ts'
import { random32 } from './words.ts'

/** Version byte of each type's backup (lnd §13). */
const TYPES: readonly (readonly [lnrpc.CommitmentType, number])[] = [
  ['SCRIPT_ENFORCED_LEASE', 4],
  ['UNKNOWN_COMMITMENT_TYPE', 3],
  ['SIMPLE_TAPROOT', 5],
]

/** Channel backups are the only call that shows basepoints; our decoder reads them from the pending channel on. */
export function backupsContract(nodes: () => Contract): void {
  describe('channel backups', () => {
    beforeAll(() => connect(nodes()))

    for (const [type, version] of TYPES) {
      it(`tell both sides the same channel: ${type}`, async () => {
        const { maker, taker } = nodes()
        const lease = type === 'SCRIPT_ENFORCED_LEASE'
        const thawHeight = lease ? (await nodes().chain.height()) + 40 : 40
        const agreement = await agree(nodes(), { type, announced: false, zeroConf: false, push: 0n, thawHeight })
        const txid = txidFromBytes(random32())
        const index = 3
        await register(taker, shim(agreement, 'taker', txid, index))
        const request = openRequest(nodes(), agreement, shim(agreement, 'maker', txid, index))
        const { stream } = await openUntilPending(maker, request)
        stream.cancel()
        const point = chanPoint(txid, index)
        const [ours, theirs] = [await backupOf(maker, point), await backupOf(taker, point)]
        for (const backup of [ours, theirs]) {
          expect(backup).toMatchObject({
            version,
            outpoint: { txid, index },
            capacity: CAPACITY,
            leaseExpiry: lease ? thawHeight : undefined,
          })
        }
        expect(ours).toMatchObject({
          isInitiator: true,
          remoteNodeKey: taker.node.nodeKey,
          remoteFundingKey: toHex(agreement.takerKey.rawKeyBytes),
          localFundingKey: { family: 0, index: agreement.makerKey.keyLoc?.keyIndex },
        })
        expect(theirs).toMatchObject({
          isInitiator: false,
          remoteNodeKey: maker.node.nodeKey,
          remoteFundingKey: toHex(agreement.makerKey.rawKeyBytes),
          localFundingKey: { family: 0, index: agreement.takerKey.keyLoc?.keyIndex },
        })
        expect(await paymentKey(maker, ours)).toBe(theirs.remotePaymentBase)
        expect(await paymentKey(taker, theirs)).toBe(ours.remotePaymentBase)
        await abandon(nodes(), point)
      })
    }
  })
}

async function backupOf(lnd: Lnd, point: lnrpc.ChannelPointInit) {
  const { rawKeyBytes } = await lnd.walletKit.deriveKey({
    keyFamily: BACKUP_KEY.family,
    keyIndex: BACKUP_KEY.index,
  })
  const { chanBackup } = await lnd.lightning.exportChannelBackup({ chanPoint: point })
  return decodeBackup(decryptBackup(chanBackup, pubKey(rawKeyBytes)))
}

async function paymentKey(lnd: Lnd, backup: Awaited<ReturnType<typeof backupOf>>): Promise<string> {
  const { family, index } = backup.localPaymentBase
  const { rawKeyBytes } = await lnd.walletKit.deriveKey({ keyFamily: family, keyIndex: index })
  return toHex(rawKeyBytes)
}
