/** Moments at which a test may end the daemon at once, as a power cut would. Off by default, refused on mainnet. */
export const CRASH_POINTS = [
  /** A new account is reserved and stored, not funded. */
  'after-reserve',
  /** The funding transaction is broadcast, not stored. */
  'after-fund',
  /** The funded account is stored, the auctioneer not told. */
  'before-init',
  /** A change is ready, the auctioneer not asked. */
  'before-modify',
  /** The auctioneer signed a change, nothing of it is stored. */
  'after-modify',
  /** A signed change, or close, is stored, not published. */
  'before-publish',
  /** It is published. */
  'after-publish',
  /** A proposal is verified and stored, nothing registered. */
  'after-prepare',
  /** Accept is on its way. */
  'after-accept',
  /** SignBegin came, nothing opened. */
  'after-sign-begin',
  /** Channels are pending, nothing signed. */
  'after-channels',
  /** The signed batch is staged, Sign not sent. */
  'before-sign',
  /** Sign is on its way. */
  'after-sign',
  /** Finalize came, nothing applied. */
  'before-finalize',
] as const

export type CrashPoint = (typeof CRASH_POINTS)[number]

/** Called at each point; ends the process at the chosen one. */
export type CrashHook = (point: CrashPoint) => void

export const NO_CRASH: CrashHook = () => undefined
