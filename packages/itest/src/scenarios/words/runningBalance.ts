import { expect } from 'vitest'
import { accountOf, type OpenAccount } from './accounts.ts'
import type { BatchAnswer } from './answers.ts'
import { afterTrading, type Deal } from './arithmetic.ts'
import { assertBalance } from './balances.ts'
import type { Market } from './market.ts'

/** What an account must hold, to the satoshi, through several batches. */
export class RunningBalance {
  readonly #account: OpenAccount
  #value: bigint

  constructor(account: OpenAccount, value: bigint) {
    this.#account = account
    this.#value = value
  }

  /** After a batch: on both sides and in the chain. */
  async traded(
    market: Market,
    batch: BatchAnswer,
    { out = [], in: taken = [] }: { readonly out?: readonly Deal[]; readonly in?: readonly Deal[] },
  ): Promise<void> {
    const { version } = this.#account
    const before = { value: this.#value, version }
    this.#value = afterTrading(before, { out, in: taken }, BigInt(batch.fee_rate_sat_per_kw))
    await assertBalance(market, batch, { account: this.#account, value: this.#value })
  }

  /** Nothing happened to it. */
  async untouched(): Promise<void> {
    expect(await accountOf(this.#account)).toMatchObject({ value: Number(this.#value), state: 'OPEN' })
  }
}
