import { SighashCache, txidOf } from '@tidepool/crypto'
import { decodeMessage } from '@tidepool/rpc'
import { serverMessageFromWire } from '@tidepool/trader'
import { serveCalls } from '../process.ts'
import { AUCTION_MESSAGE, type ShownMessages } from './shownMessages.ts'

const ROUNDS = 100

/**
 * Processor time, in milliseconds, that one trader needs to read and hash the transaction it is shown; in a process that
 * holds nothing else, as a trader's does.
 */
function bytesMs({ prepare, sign }: ShownMessages): number {
  const read = (): void => {
    const proposed = serverMessageFromWire(decodeMessage(AUCTION_MESSAGE, prepare))
    const request = serverMessageFromWire(decodeMessage(AUCTION_MESSAGE, sign))
    if (proposed.kind !== 'prepare' || request.kind !== 'signBegin') throw new Error('not the messages of a batch')
    const { transaction } = proposed.proposal
    txidOf(transaction)
    new SighashCache(transaction, request.request.prevOutputs).taprootKeyPath(0)
  }
  for (let round = 0; round < ROUNDS; round++) read()
  const before = process.cpuUsage()
  for (let round = 0; round < ROUNDS; round++) read()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / ROUNDS
}

serveCalls({ bytesMs })
