import { txid, type OutPoint } from '@tidepool/crypto'
import type { Accounts } from './accounts.ts'
import type { Deal } from './auction.ts'
import type { Stage } from './stage.ts'
import { grouped, sat, type Voice } from './voice.ts'

export interface Part {
  readonly name: string
  readonly value: bigint
  readonly index: number
}

/** The batch's transaction, read back from the chain, each part with its name. */
export interface NamedTransaction {
  readonly txid: string
  readonly inputs: readonly Part[]
  readonly outputs: readonly Part[]
  readonly minerFee: bigint
}

export async function tellTransaction(
  voice: Voice,
  stage: Stage,
  accounts: Accounts,
  { batch, match }: Deal,
): Promise<NamedTransaction> {
  const { transaction } = await onChain(stage, batch.txid)
  const owners = [accounts.alice, accounts.bob]
  const names = new Map(owners.map(({ outpoint, owner }) => [outpoint, `${owner}'s account`]))
  const inputs = await Promise.all(
    transaction.inputs.map(async ({ prevout }, index) => ({
      name: names.get(`${prevout.txid}:${prevout.index}`) ?? "the auctioneer's account",
      value: await valueAt(stage, prevout),
      index,
    })),
  )
  const ownerAt = new Map(
    owners.map(({ owner, key }) => {
      const diff = batch.accounts.find((one) => one.account_key === key)
      return [diff?.output_index ?? -1, `${owner}'s account`]
    }),
  )
  const outputs = transaction.outputs.map(({ value }, index) => ({
    name:
      index === match.output_index
        ? 'the channel from Alice to Bob'
        : (ownerAt.get(index) ?? "the auctioneer's account"),
    value: BigInt(value),
    index,
  }))
  const minerFee = total(inputs) - total(outputs)
  const named = { txid: batch.txid, inputs, outputs, minerFee }
  tell(voice, named)
  return named
}

export const total = (parts: readonly Part[]): bigint => parts.reduce((sum, { value }) => sum + value, 0n)

function tell(voice: Voice, { txid: id, inputs, outputs, minerFee }: NamedTransaction): void {
  voice.chapter('One transaction settles it all')
  voice.say(`Transaction ${id}:`)
  voice.table([
    ...inputs.map(({ name, value, index }) => [`in  ${index}`, name, sat(value)]),
    ...outputs.map(({ name, value, index }) => [`out ${index}`, name, sat(value)]),
    ['fee', 'to the miner', sat(minerFee)],
  ])
  voice.say(`It spends ${grouped(inputs.length)} accounts and creates them anew, with new keys and new balances.`)
}

async function onChain(stage: Stage, id: string) {
  const found = await stage.stack.chain.transaction(txid(id))
  if (found === undefined) throw new Error(`nobody has published ${id}`)
  return found
}

async function valueAt(stage: Stage, point: OutPoint): Promise<bigint> {
  return (await onChain(stage, point.txid)).transaction.outputs.at(point.index)?.value ?? 0n
}
