import type { BlockHeight, PubKey } from '@tidepool/crypto'

/** An account or a node that takes part in no auction. No account's coins are touched by it. */
export interface Ban {
  /** Of an account or a node: whichever of them has it. */
  readonly key: PubKey
  /** First height at which it trades again; undefined for no such height. */
  readonly until: BlockHeight | undefined
  readonly reason: string
}

export const isInForce = ({ until }: Ban, height: BlockHeight): boolean => until === undefined || height < until

export const lastsUntil = ({ until }: Ban): string => (until === undefined ? 'for good' : `until height ${until}`)
