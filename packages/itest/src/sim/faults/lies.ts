import { blockHeight, incrementBatchKey, satoshi, satPerKWeight } from '@tidepool/crypto'
import type { AccountDiff, BatchProposal, SignRequest } from '@tidepool/market'
import { supplyUnits } from '@tidepool/market'
import type { Letter } from '../ports/stream.ts'
import type { Deed } from './fault.ts'

/** Proposals that take from the trader, or do not add up: its verifier must refuse each. */
export const LIES: readonly Deed[] = [
  diffs('a satoshi is missing', (diff) => ({ ...diff, endingBalance: diff.endingBalance - 1n })),
  diffs('a satoshi too much', (diff) => ({ ...diff, endingBalance: diff.endingBalance + 1n })),
  diffs('the account ends as dust', (diff) => ({ ...diff, endingState: 'dustAddedToFees', outpointIndex: -1 })),
  diffs('the output is elsewhere', (diff) => ({ ...diff, outpointIndex: diff.outpointIndex + 1 })),
  diffs('the expiry is moved', (diff) => ({ ...diff, newExpiry: 900_000 })),
  proposal('no diffs', (batch) => ({ ...batch, accountDiffs: [] })),
  proposal('no matches', (batch) => ({ ...batch, matches: [] })),
  proposal('a unit more', (batch) => ({
    ...batch,
    matches: batch.matches.map((match) => ({ ...match, units: supplyUnits(match.units + 1) })),
  })),
  proposal('a dear fee rate', (batch) => ({ ...batch, feeRate: satPerKWeight(25_001) })),
  proposal('a dear execution fee', (batch) => ({
    ...batch,
    executionFee: { ...batch.executionFee, baseFee: satoshi(1000) },
  })),
  proposal('no prices', (batch) => ({ ...batch, clearingPrices: new Map() })),
  proposal('a far height', (batch) => ({ ...batch, heightHint: blockHeight(batch.heightHint + 10) })),
  proposal('outputs a satoshi short', (batch) => ({
    ...batch,
    transaction: {
      ...batch.transaction,
      outputs: batch.transaction.outputs.map((output) => ({ ...output, value: satoshi(output.value - 1n) })),
    },
  })),
  proposal('no inputs of ours', (batch) => ({
    ...batch,
    transaction: { ...batch.transaction, inputs: batch.transaction.inputs.slice(0, 1) },
  })),
]

/** Sign requests that do not belong to what was accepted. */
export const LYING_REQUESTS: readonly Deed[] = [
  request('another batch', (sign) => ({ ...sign, batchId: incrementBatchKey(sign.batchId) })),
  request('no previous outputs', (sign) => ({ ...sign, prevOutputs: [] })),
  request('poorer previous outputs', (sign) => ({
    ...sign,
    prevOutputs: sign.prevOutputs.map((output) => ({ ...output, value: satoshi(output.value - 1n) })),
  })),
]

/** Taproot accounts only. */
export const LYING_NONCES: readonly Deed[] = [
  request('no server nonces', (sign) => ({ ...sign, serverNonces: new Map() })),
  request('server nonces of zeros', (sign) => ({
    ...sign,
    serverNonces: new Map([...sign.serverNonces].map(([key, nonce]) => [key, nonce.map(() => 0)])),
  })),
]

function diffs(name: string, lie: (diff: AccountDiff) => AccountDiff): Deed {
  return proposal(name, (batch) => ({ ...batch, accountDiffs: batch.accountDiffs.map(lie) }))
}

function proposal(name: string, lie: (batch: BatchProposal) => BatchProposal): Deed {
  const change = (letter: Letter): Letter =>
    letter.message.kind === 'prepare'
      ? { way: 'down', message: { kind: 'prepare', proposal: lie(letter.message.proposal) } }
      : letter
  return { kind: 'change', name: `lie: ${name}`, change }
}

function request(name: string, lie: (request: SignRequest) => SignRequest): Deed {
  const change = (letter: Letter): Letter =>
    letter.message.kind === 'signBegin'
      ? { way: 'down', message: { kind: 'signBegin', request: lie(letter.message.request) } }
      : letter
  return { kind: 'change', name: `lie: ${name}`, change }
}
