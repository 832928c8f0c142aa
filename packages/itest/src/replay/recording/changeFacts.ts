import { decodeTx, fromHex } from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import type { ModifyRequest } from '@tidepool/market'
import { decodeMessage, modificationFromWire } from '@tidepool/rpc'
import { textIn } from './recording.ts'
import type { Recording } from './recording.ts'

/** A change that a recorded trader asked for, and the transaction the recorded auctioneer built of it, unsigned. */
export interface ChangeFact {
  readonly request: ModifyRequest
  readonly transaction: Transaction
}

const REBUILT = 'auctioneer rebuilt the transaction'

export function changeFacts(trader: string, recordings: readonly Recording[]): readonly ChangeFact[] {
  return recordings.flatMap(({ events }) =>
    events.flatMap((event, index): ChangeFact[] => {
      if (event.kind !== 'message' || event.rpc !== 'ModifyAccount') return []
      if (event.from !== 'trader' || event.trader !== trader) return []
      const note = events.slice(index).find((later) => later.kind === 'note' && later.note === REBUILT)
      if (note?.kind !== 'note') throw new Error('a change without its transaction')
      return [
        {
          request: modificationFromWire(decodeMessage('poolrpc.ServerModifyAccountRequest', event.raw)),
          transaction: decodeTx(fromHex(textIn(note.data, 'tx_without_witness'))),
        },
      ]
    }),
  )
}
