import { blockHeight, orderNonce, satPerKWeight, satoshi } from '@tidepool/crypto'
import type { AccountKey, ClmError, TxOutput } from '@tidepool/crypto'
import { supplyUnits } from '@tidepool/market'
import type { AccountVersion } from '@tidepool/market'
import { expect } from 'vitest'
import type { CrashPoint } from '../../src/app/crashPoints.ts'
import type { Ledger } from '../../src/app/ledger.ts'
import { isFunded } from '../../src/core/account.ts'
import type { FundedAccount } from '../../src/core/account.ts'
import type { OrderRecord } from '../../src/core/orderRecord.ts'
import { Bench } from './bench.ts'
import { settle } from './fakeClock.ts'

export const VALUE = satoshi(1_000_000)
export const rate = satPerKWeight(750n)
export const p2wpkh: TxOutput = { value: satoshi(200_000), script: Uint8Array.of(0, 20, ...new Uint8Array(20).fill(9)) }
export const p2tr: TxOutput = {
  value: satoshi(100_000),
  script: Uint8Array.of(0x51, 32, ...new Uint8Array(32).fill(9)),
}

export type Run = Awaited<ReturnType<Bench['run']>>

/** A bench with one account to change. */
export class ChangeBench extends Bench {
  /** An open account that the auctioneer knows. */
  async opened(version: AccountVersion = 2, crashAt?: CrashPoint): Promise<{ run: Run; key: AccountKey }> {
    const run = await this.run(crashAt === undefined ? {} : { crashAt })
    await run.accounts.start()
    const expiry = blockHeight(3000)
    const { key } = await run.accounts.open({ value: VALUE, expiry, version, feeRate: rate })
    await this.confirm(run)
    return { run, key }
  }

  async confirm(run: Run): Promise<void> {
    await settle()
    const tx = only(run.ledger).latestTx
    this.chain
      .liveConfirmations()
      .at(-1)
      ?.fire({ tx, height: blockHeight(125) })
    await settle()
    this.auctioneer.known.set(only(run.ledger).key, only(run.ledger))
  }

  openOrder(key: AccountKey): OrderRecord {
    const order = {
      ...{ kind: 'ask', auctionType: 'inbound', rate: 1000, leaseDuration: 2016, maxBatchFeeRate: 253n },
      ...{ minUnitsMatch: supplyUnits(1), amount: 500_000n },
      ...{ nonce: orderNonce('0a'.repeat(32)), accountKey: key },
    } as unknown as OrderRecord['order']
    return {
      ...{ order, state: 'submitted', unitsUnfulfilled: supplyUnits(5), preimage: undefined, fundingKeyIndex: 0 },
      ...{ terms: this.auctioneer.currentTerms.executionFee, sequence: 0, events: [] },
    }
  }
}

export function only(ledger: Ledger): FundedAccount {
  const [account] = [...ledger.accounts.values()]
  if (account === undefined || !isFunded(account)) throw new Error('no funded account')
  return account
}

export async function refused(call: Promise<unknown>, code: string): Promise<ClmError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ code })
  return error as ClmError
}
