import { describe, expect, it } from 'vitest'
import { equalBytes, isPoint } from '@tidepool/crypto'
import type { Contract } from './contract.ts'

/** Keys come from the wallet's seed by family and index; the counters only ever go up. */
export function keysContract(nodes: () => Contract): void {
  describe('keys', () => {
    it('hands out consecutive keys of a family, and any key again by its index', async () => {
      const { walletKit } = nodes().taker
      const first = await walletKit.deriveNextKey({ keyFamily: 220 })
      const second = await walletKit.deriveNextKey({ keyFamily: 220 })
      const index = first.keyLoc?.keyIndex ?? -1
      expect(second.keyLoc).toEqual({ keyFamily: 220, keyIndex: index + 1 })
      expect(isPoint(first.rawKeyBytes)).toBe(true)
      const again = await walletKit.deriveKey({ keyFamily: 220, keyIndex: index })
      expect(again).toEqual(first)
    })

    it('does not move the counter by looking ahead', async () => {
      const { walletKit } = nodes().taker
      const before = await walletKit.deriveNextKey({ keyFamily: 220 })
      const ahead = await walletKit.deriveKey({ keyFamily: 220, keyIndex: 500 })
      expect(ahead.keyLoc).toEqual({ keyFamily: 220, keyIndex: 500 })
      const after = await walletKit.deriveNextKey({ keyFamily: 220 })
      expect(after.keyLoc?.keyIndex).toBe((before.keyLoc?.keyIndex ?? 0) + 1)
    })

    it('makes families above 255 when first used, and lists them by path with their counters', async () => {
      const { walletKit } = nodes().maker
      const key = await walletKit.deriveNextKey({ keyFamily: 1234 })
      const { accounts } = await walletKit.listAccounts({})
      const family = accounts.find((account) => account.derivationPath === "m/1017'/1'/1234'")
      expect(family?.externalKeyCount).toBe((key.keyLoc?.keyIndex ?? 0) + 1)
      expect(family?.name).toBe('act:1234')
      expect(accounts.filter((account) => account.derivationPath === "m/84'/0'/0'")).toHaveLength(1)
    })

    it('has the node key at family 6, index 0', async () => {
      const { walletKit, node } = nodes().maker
      const key = await walletKit.deriveKey({ keyFamily: 6, keyIndex: 0 })
      expect(Buffer.from(key.rawKeyBytes).toString('hex')).toBe(node.nodeKey)
    })

    it('keeps keys and counters over a restart', async () => {
      const before = await nodes().taker.walletKit.deriveNextKey({ keyFamily: 220 })
      await nodes().stack.nodes.taker.stop()
      await nodes().stack.nodes.taker.start()
      const { walletKit } = nodes().taker
      const after = await walletKit.deriveNextKey({ keyFamily: 220 })
      expect(after.keyLoc?.keyIndex).toBe((before.keyLoc?.keyIndex ?? 0) + 1)
      const same = await walletKit.deriveKey({ keyFamily: 220, keyIndex: before.keyLoc?.keyIndex ?? -1 })
      expect(equalBytes(same.rawKeyBytes, before.rawKeyBytes)).toBe(true)
    })
  })
}
