/** While the taker's node is asked whether it wants the channel. */
export const DURING_FUNDING = 'during-funding'

/** Moments of a batch at which a trader has not signed yet; see `--debug.exit-at` and `--debug.freeze-at` of poold. */
export const BEFORE_SIGNING = [
  'after-prepare',
  'after-accept',
  'after-sign-begin',
  DURING_FUNDING,
  'after-channels',
  'before-sign',
] as const
/** Its signature may or may not have left the house; when Finalize comes, it has. */
export const AFTER_SIGNING = ['after-sign', 'before-finalize'] as const
