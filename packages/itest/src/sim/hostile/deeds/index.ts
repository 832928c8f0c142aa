import type { Misdeed } from '../deed.ts'
import { ANSWER_DEEDS } from './answerDeeds.ts'
import { CALL_DEEDS } from './callDeeds.ts'
import { FLOOD_DEEDS } from './floodDeeds.ts'
import { SIGNATURE_DEEDS } from './signatureDeeds.ts'
import { STREAM_DEEDS } from './streamDeeds.ts'

/** Everything mallory does. */
export const MISDEEDS: readonly Misdeed[] = [
  ...ANSWER_DEEDS,
  ...SIGNATURE_DEEDS,
  ...STREAM_DEEDS,
  ...CALL_DEEDS,
  ...FLOOD_DEEDS,
]
