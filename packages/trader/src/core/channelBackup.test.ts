import { nodeKey } from '@tidepool/crypto'
import { describe, expect, it } from 'vitest'
import { backupBytes, sealBackup } from '../../test/kit/backupBytes.ts'
import type { BackupContent } from '../../test/kit/backupBytes.ts'
import { keyOf, leasedChannelAs } from '../../test/kit/samples.ts'
import { backupType, channelInfo, checkBackup, decodeBackup, decryptBackup } from './channelBackup.ts'

const channel = leasedChannelAs('bidder')
const agreed: BackupContent = {
  version: 4,
  isInitiator: false,
  outpoint: channel.shim.outpoint,
  remoteNode: channel.peer,
  capacity: channel.shim.capacity,
  fundingKey: channel.shim.localKey,
  remoteFundingKey: channel.shim.remoteKey,
  leaseExpiry: channel.shim.thawHeight,
}
const key = keyOf('backup key')

describe('channel backup', () => {
  it.each([false, true])('is opened and read, closing data %s', (closingData) => {
    const backup = decodeBackup(decryptBackup(sealBackup(backupBytes({ ...agreed, closingData }), key), key))
    expect(backup).toEqual({
      version: 4,
      isInitiator: false,
      outpoint: agreed.outpoint,
      remoteNodeKey: agreed.remoteNode,
      capacity: 550_000n,
      localFundingKey: { family: 0, index: 4 },
      localPaymentBase: { family: 3, index: 9 },
      remoteFundingKey: agreed.remoteFundingKey,
      remotePaymentBase: keyOf('remote payment'),
      leaseExpiry: 2136,
    })
    expect(channelInfo(backup, nodeKey(keyOf('own node')), keyOf('own payment'))).toEqual({
      type: 'scriptEnforcedLease',
      localNodeKey: keyOf('own node'),
      remoteNodeKey: channel.peer,
      localPaymentBasePoint: keyOf('own payment'),
      remotePaymentBasePoint: keyOf('remote payment'),
    })
  })

  it('of another node, cut off or garbled is refused', () => {
    const blob = sealBackup(backupBytes(agreed), key)
    const code = { code: 'BACKUP_UNREADABLE' }
    const refused = (run: () => unknown): void =>
      expect(run).toThrow(expect.objectContaining({ detail: expect.objectContaining(code) }))
    refused(() => decryptBackup(blob, keyOf('another key')))
    refused(() => decryptBackup(blob.subarray(0, 10), key))
    refused(() =>
      decryptBackup(
        blob.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
        key,
      ),
    )
    const plain = backupBytes(agreed)
    for (let length = 0; length < plain.length; length += 7) refused(() => decodeBackup(plain.subarray(0, length)))
  })

  it.each([
    [1, 'tweakless'],
    [2, 'anchors'],
    [3, 'anchors'],
    [4, 'scriptEnforcedLease'],
    [5, 'simpleTaproot'],
  ])('version %i is %s', (version, type) => expect(backupType(version)).toBe(type))

  it.each([0, 6, 7])('version %i is not known', (version) => {
    expect(() => backupType(version)).toThrow('not known')
  })
})

describe('what lnd stored, compared with the batch', () => {
  const check = (change: Partial<BackupContent>, own = channel): void =>
    checkBackup(decodeBackup(backupBytes({ ...agreed, ...change })), own)

  it('passes when it is the same', () => expect(() => check({})).not.toThrow())

  it.each([
    [{ capacity: 549_999n }, 'capacity'],
    [{ outpoint: { ...agreed.outpoint, index: 1 } }, 'output'],
    [{ remoteNode: nodeKey(keyOf('someone')) }, 'node'],
    [{ remoteFundingKey: keyOf('someone') }, 'remote funding key'],
    [{ fundingKey: { family: 0, index: 5 } }, 'funding key index'],
    [{ fundingKey: { family: 1, index: 4 } }, 'funding key family'],
    [{ isInitiator: true }, 'initiator'],
    [{ leaseExpiry: 2137 }, 'lease expiry'],
  ])('refuses %o', (change, field) => {
    expect(() => check(change)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ code: 'CHANNEL_MISMATCH', field }) }),
    )
  })

  it('refuses anchors where a lease was agreed', () => {
    const { leaseExpiry: _, ...anchors } = { ...agreed, version: 3 }
    expect(() => checkBackup(decodeBackup(backupBytes(anchors)), channel)).toThrow('another type')
  })
})
