import { INITIAL_BATCH_KEY, accountKey, accountSecret, blockHeight, satoshi } from '@tidepool/crypto'
import type { Account } from '@tidepool/market'
import { ACCOUNT_KEY, ACCOUNT_SECRET } from './keys.ts'
import { readProbes, withBlocks } from './recording.ts'
import type { Probe } from './recording.ts'

export const RESTARTED = 'dave'
/** Height when the recorder began. */
export const RESTARTS_BEGIN = 579
/** The probe in which the recorded auctioneer names no maximum. */
export const ZERO_MAXIMUM = 3

/** By probe, after which event so many blocks were mined: expiries and confirmations show it. */
const MINED: readonly (readonly (readonly [event: number, blocks: number])[])[] = [
  [[6, 3]],
  [],
  [[4, 3]],
  [
    [18, 1],
    [32, 3],
  ],
  [[14, 3]],
  [],
  [
    [12, 3],
    [20, 158],
  ],
  [],
  [[2, 1]],
  [],
]

/** Restarts in every state of an account, one after the other (file 32). */
export const restartProbes = (): readonly Probe[] =>
  readProbes('32-restart-by-state').map((probe, n) => ({
    ...probe,
    recording: withBlocks(probe.recording, new Map(MINED[n])),
  }))

const KEY = accountKey('024029b7e77fb08dd0c9f23d53e3c048a05b258244ffd2fcb5e2038cd83f761694')

/** The account that was opened before the recording; its script says so of everything but the height. */
export const RESTARTED_ACCOUNT: Omit<Account, 'outpoint'> = {
  key: KEY,
  value: satoshi(1_000_000),
  expiry: blockHeight(779),
  version: 0,
  auctioneerKey: ACCOUNT_KEY,
  batchKey: INITIAL_BATCH_KEY,
  secret: accountSecret(ACCOUNT_SECRET, KEY),
}
