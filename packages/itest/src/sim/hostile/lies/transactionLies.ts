import {
  MAX_MONEY,
  batchKeyOffset,
  blockHeight,
  fromHex,
  fundingScript,
  p2trScript,
  pointNegate,
  accountKey,
  satoshi,
} from '@tidepool/crypto'
import type { TxInput } from '@tidepool/crypto'
import type { AccountVersion } from '@tidepool/market'
import { STRANGER } from '../books.ts'
import { charging, proposing, spending } from '../lie.ts'
import type { Lie, Scene, Words } from '../lie.ts'
import { accountIndex, accountOf, accountsOf, channelIndex, nextScript, plus, scriptOf, withOutput } from './tools.ts'

const isOurs = (input: TxInput, scene: Scene): boolean =>
  accountsOf(scene).some(
    ({ outpoint }) => outpoint.txid === input.prevout.txid && outpoint.index === input.prevout.index,
  )

const inputOf = (scene: Scene, which: number): TxInput => {
  const prevout = accountsOf(scene)[which]?.outpoint
  if (prevout === undefined) throw new Error('the victim has no such account')
  return { prevout, scriptSig: new Uint8Array(), sequence: 0, witness: [] }
}

/** The account's output paid elsewhere. */
const paid = (words: Words, script: (scene: Scene, version: AccountVersion) => Uint8Array): Lie =>
  spending('account', words, (tx, batch, scene) =>
    withOutput(tx, accountIndex(batch), () => ({ script: script(scene, accountOf(scene).version) })),
  )

const next = (
  words: Words,
  change: Parameters<typeof nextScript>[2] | ((scene: Scene) => Parameters<typeof nextScript>[2]),
): Lie =>
  spending('account', words, (tx, batch, scene) => {
    const [diff] = batch.accountDiffs
    if (diff === undefined) return {}
    const how = typeof change === 'function' ? change(scene) : change
    return withOutput(tx, accountIndex(batch), () => ({ script: nextScript(scene, diff, how) }))
  })

/** What is spent and paid. */
export const TRANSACTION_LIES: readonly Lie[] = [
  spending('transaction', ['no output for the channel', 'CHANNEL_OUTPUT_MISSING', 'caught'], (tx, batch, scene) => {
    const index = channelIndex(batch, scene)
    return { outputs: tx.outputs.filter((_, i) => i !== index) }
  }),
  spending('transaction', ['a channel a satoshi short', 'CHANNEL_OUTPUT_MISSING', 'caught'], (tx, batch, scene) =>
    withOutput(tx, channelIndex(batch, scene), (output) => plus(output, -1n)),
  ),
  spending('transaction', ['a channel a satoshi too large', 'CHANNEL_OUTPUT_MISSING', 'caught'], (tx, batch, scene) =>
    withOutput(tx, channelIndex(batch, scene), (output) => plus(output, 1n)),
  ),
  spending('transaction', ['a channel of strangers', 'CHANNEL_OUTPUT_MISSING', 'caught'], (tx, batch, scene) =>
    withOutput(tx, channelIndex(batch, scene), () => ({
      script: fundingScript({ kind: 'p2wsh', keys: [STRANGER, STRANGER] }),
    })),
  ),
  spending('transaction', ['a channel for one key', 'CHANNEL_OUTPUT_MISSING', 'caught'], (tx, batch, scene) =>
    withOutput(tx, channelIndex(batch, scene), () => ({ script: p2trScript(fromHex(STRANGER).subarray(1)) })),
  ),
  spending(
    'transaction',
    ['a legacy channel in place of taproot', 'CHANNEL_OUTPUT_MISSING', 'caught', { book: 'taproot' }],
    (tx, batch, scene) => {
      const [match] = batch.matches
      const own = match && scene.victim.trader.ledger.orders.get(match.ownNonce)?.order.multiSigKey
      if (match === undefined || own === undefined) return {}
      const script = fundingScript({ kind: 'p2wsh', keys: [own, match.counterpart.multiSigKey] })
      return withOutput(tx, channelIndex(batch, scene), () => ({ script }))
    },
  ),
  spending('transaction', ['no outputs but one of its own', 'CHANNEL_OUTPUT_MISSING', 'caught'], (tx) => ({
    outputs: [{ value: satoshi(1000), script: tx.outputs.at(0)?.script ?? new Uint8Array() }],
  })),
  spending(
    'transaction',
    ['our account not among the inputs', 'ACCOUNT_INPUT_MISSING', 'accepted', 'V-17'],
    (tx, _, scene) => ({
      inputs: tx.inputs.filter((input) => !isOurs(input, scene)),
    }),
  ),
  spending(
    'transaction',
    ["another output of our account's transaction", 'ACCOUNT_INPUT_MISSING', 'accepted', 'V-17'],
    (tx, _, scene) => ({
      inputs: tx.inputs.map((input) =>
        isOurs(input, scene) ? { ...input, prevout: { ...input.prevout, index: input.prevout.index + 7 } } : input,
      ),
    }),
  ),
  spending(
    'transaction',
    ['our account twice among the inputs', 'ACCOUNT_INPUT_TWICE', 'accepted'],
    (tx, _, scene) => ({
      inputs: [...tx.inputs, inputOf(scene, 0)],
    }),
  ),
  spending(
    'transaction',
    ['another account of ours is spent, too', 'ACCOUNT_SPENT_UNINVOLVED', 'accepted', 'V-16'],
    (tx, _, scene) => ({
      inputs: [...tx.inputs, inputOf(scene, 1)],
    }),
  ),
  spending(
    'transaction',
    ['another account of ours is spent instead', 'ACCOUNT_SPENT_UNINVOLVED', 'accepted', 'V-17'],
    (tx, _, scene) => ({
      inputs: tx.inputs.map((input) => (isOurs(input, scene) ? inputOf(scene, 1) : input)),
    }),
  ),
  spending(
    'transaction',
    ['nothing but our account is spent', 'ACCOUNT_OUTPUT_VALUE_WRONG', 'caught'],
    (tx, batch, scene) => ({
      inputs: [inputOf(scene, 0)],
      ...withOutput(tx, accountIndex(batch), (output) => plus(output, -400_000n)),
    }),
  ),
]

/** What becomes of our account. */
export const ACCOUNT_LIES: readonly Lie[] = [
  charging(['a satoshi missing', 'ENDING_BALANCE_WRONG', 'caught'], ({ endingBalance }) => ({
    endingBalance: endingBalance - 1n,
  })),
  charging(['a satoshi too much', 'ENDING_BALANCE_WRONG', 'caught'], ({ endingBalance }) => ({
    endingBalance: endingBalance + 1n,
  })),
  charging(['nothing left', 'ENDING_BALANCE_WRONG', 'caught'], () => ({
    endingBalance: 0n,
    endingState: 'fullySpent',
    outpointIndex: -1,
  })),
  charging(['a balance that reads as negative', 'ENDING_BALANCE_WRONG', 'accepted', 'V-20'], () => ({
    endingBalance: (1n << 64n) - 5_000_000n,
    endingState: 'dustAddedToFees',
    outpointIndex: -1,
  })),
  charging(['a balance of more than all money', 'ENDING_BALANCE_WRONG', 'not known'], () => ({
    endingBalance: MAX_MONEY + 1n,
  })),
  ...[-1n, 1n, -100_000n].map((sat) =>
    proposing('account', [`${sat} sat in balance and output alike`, 'ENDING_BALANCE_WRONG', 'caught'], (batch) => ({
      ...batch,
      accountDiffs: batch.accountDiffs.map((diff) => ({ ...diff, endingBalance: diff.endingBalance + sat })),
      transaction: {
        ...batch.transaction,
        ...withOutput(batch.transaction, accountIndex(batch), (output) => plus(output, sat)),
      },
    })),
  ),
  spending('account', ['an output a satoshi short', 'ACCOUNT_OUTPUT_VALUE_WRONG', 'caught'], (tx, batch) =>
    withOutput(tx, accountIndex(batch), (output) => plus(output, -1n)),
  ),
  spending('account', ['an output of nothing', 'ACCOUNT_OUTPUT_VALUE_WRONG', 'caught'], (tx, batch) =>
    withOutput(tx, accountIndex(batch), () => ({ value: satoshi(0) })),
  ),
  paid(['an output to a stranger', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], () =>
    p2trScript(fromHex(STRANGER).subarray(1)),
  ),
  paid(['an output to the present script', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], (scene) =>
    scriptOf(accountOf(scene)),
  ),
  paid(["an output to the other's account", 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], ({ other, ...scene }) =>
    scriptOf(accountOf({ ...scene, other, victim: other })),
  ),
  next(['an output two batch keys on', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], (scene) => ({
    batchKey: batchKeyOffset(accountOf(scene).batchKey, 2),
  })),
  next(['an output a batch key back', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], (scene) => ({
    batchKey: batchKeyOffset(accountOf(scene).batchKey, -1),
  })),
  next(['an output of version 0', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], { version: 0 }),
  next(['an output of version 1', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], { version: 1 }),
  next(['an output that expires a block later', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], (scene) => ({
    expiry: blockHeight(accountOf(scene).expiry + 1),
  })),
  next(['an output that expires in a year', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], (scene) => ({
    expiry: blockHeight(accountOf(scene).expiry + 52_560),
  })),
  next(['an output with another secret', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], {
    secret: new Uint8Array(32).fill(3),
  }),
  next(['an output with another auctioneer', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], { auctioneerKey: STRANGER }),
  charging(["the channel as our account's output", 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], ({ outpointIndex }) => ({
    outpointIndex: outpointIndex === 0 ? 1 : 0,
  })),
  charging(['an output index out of range', 'OUTPUT_INDEX_WRONG', 'caught'], () => ({ outpointIndex: 99 })),
  charging(['the highest output index', 'OUTPUT_INDEX_WRONG', 'caught'], () => ({ outpointIndex: 0x7fff_ffff })),
  charging(['no output index', 'OUTPUT_INDEX_WRONG', 'caught'], () => ({ outpointIndex: -1 })),
  charging(['a balance said to be dust', 'ENDING_STATE_WRONG', 'caught'], () => ({ endingState: 'dustAddedToFees' })),
  charging(['a balance said to be kept elsewhere', 'ENDING_STATE_WRONG', 'caught'], () => ({
    endingState: 'dustExtendedOffchain',
  })),
  charging(['a balance said to be spent', 'ENDING_STATE_WRONG', 'caught'], () => ({
    endingState: 'fullySpent',
    outpointIndex: -1,
  })),
  proposing('account', ['the same charge twice', 'DIFF_TWICE', 'caught'], (batch) => ({
    ...batch,
    accountDiffs: batch.accountDiffs.flatMap((diff) => [diff, diff]),
  })),
  proposing('account', ['no word of our account', 'DIFF_MISSING', 'accepted', 'V-16'], (batch) => ({
    ...batch,
    accountDiffs: [],
  })),
  proposing('account', ['our account spent without an output', 'DIFF_MISSING', 'accepted', 'V-16'], (batch) => ({
    ...batch,
    accountDiffs: [],
    transaction: {
      ...batch.transaction,
      outputs: batch.transaction.outputs.filter((_, i) => i !== accountIndex(batch)),
    },
  })),
  proposing('account', ['a charge for a stranger', 'DIFF_UNINVOLVED', 'caught'], (batch, { other }) => ({
    ...batch,
    accountDiffs: batch.accountDiffs.flatMap((diff) => [diff, { ...diff, accountKey: other.key }]),
  })),
  proposing('account', ['a charge for another account of ours', 'DIFF_UNINVOLVED', 'caught'], (batch, scene) => ({
    ...batch,
    accountDiffs: batch.accountDiffs.flatMap((diff) => [
      diff,
      { ...diff, accountKey: accountsOf(scene)[1]?.key ?? diff.accountKey },
    ]),
  })),
  charging(['a charge for the negated key', 'DIFF_UNINVOLVED', 'caught'], (diff) => ({
    accountKey: accountKey(pointNegate(fromHex(diff.accountKey))),
  })),
  charging(['an expiry in a hundred years', 'NEW_EXPIRY_TOO_FAR', 'accepted', 'V-03'], () => ({
    newExpiry: 5_000_000,
  })),
  charging(['an expiry that is a date', 'NEW_EXPIRY_TOO_FAR', 'accepted', 'V-03'], () => ({
    newExpiry: 1_900_000_000,
  })),
  charging(['an expiry a block past the terms', 'NEW_EXPIRY_TOO_FAR', 'accepted', 'V-03'], (_, { world }) => ({
    newExpiry: world.stage.chain.height + 3024 + 4,
  })),
  charging(['an expiry a block lower', 'NEW_EXPIRY_LOWERED', 'accepted', 'V-21'], (_, scene) => ({
    newExpiry: accountOf(scene).expiry - 1,
  })),
  charging(['an expiry in the past', 'NEW_EXPIRY_LOWERED', 'accepted', 'V-21'], () => ({ newExpiry: 1 })),
  charging(['a new expiry that the output does not have', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught'], (_, scene) => ({
    newExpiry: accountOf(scene).expiry + 10,
  })),
  charging(['an account version nobody knows', 'NEW_VERSION_UNKNOWN', 'accepted', 'V-22'], () => ({ newVersion: 3 })),
  charging(['account version 255', 'NEW_VERSION_UNKNOWN', 'accepted', 'V-22'], () => ({ newVersion: 255 })),
  charging(
    ['an upgrade that the output does not have', 'ACCOUNT_OUTPUT_SCRIPT_WRONG', 'caught', { victim: 'alice' }],
    () => ({
      newVersion: 2,
    }),
  ),
]
