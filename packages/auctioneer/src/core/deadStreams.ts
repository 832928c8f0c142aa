/** The kernel asks the other end's kernel after so long without a word, and gives up ten seconds later. */
export const WATCH_TRADERS_MS = 20_000

/** Pause between pings to a trader: for connections that the kernel takes for alive. */
export const TRADER_PING_MS = 120_000

/** A ping may go unanswered for so long. */
export const TRADER_PING_TIMEOUT_MS = 20_000

/** The connection of a stream that is still there so long after a message was alive when it was sent. */
export const DEAD_STREAM_MS = TRADER_PING_MS + TRADER_PING_TIMEOUT_MS + 10_000
