import type { Lie } from '../lie.ts'
import { ANSWER_LIES } from './answerLies.ts'
import { BYTES_LIES } from './bytesLies.ts'
import { HANDSHAKE_LIES } from './handshakeLies.ts'
import { MATCH_LIES } from './matchLies.ts'
import { PROPOSAL_LIES } from './proposalLies.ts'
import { SEQUENCE_LIES, SIGN_LIES } from './signLies.ts'
import { ACCOUNT_LIES, TRANSACTION_LIES } from './transactionLies.ts'

/** Every lie, by the stage at which it is told. */
export const LIES: readonly Lie[] = [
  ...PROPOSAL_LIES,
  ...MATCH_LIES,
  ...TRANSACTION_LIES,
  ...ACCOUNT_LIES,
  ...BYTES_LIES,
  ...SIGN_LIES,
  ...SEQUENCE_LIES,
  ...HANDSHAKE_LIES,
  ...ANSWER_LIES,
]
