import type { OrderNonce } from '@tidepool/crypto'
import type { BookOrder } from '@tidepool/market'
import type { AttemptInput, AttemptOutcome } from '../core/buildAttempt.ts'

/** Works attempts out, in the end with the result of `buildAttempt`, without holding up whoever waits. */
export interface Matcher {
  /** An open order came, changed or went; told each time, so that nobody has to look for what is new in a big book. */
  orderChanged(nonce: OrderNonce): void
  /**
   * `snapshot` is asked once before, to see what is coming, and once when the matcher has caught up with the book; nothing
   * changes between that and the book's state that counts. @throws BatchBuildError
   */
  build(orders: ReadonlyMap<OrderNonce, BookOrder>, snapshot: () => Omit<AttemptInput, 'book'>): Promise<AttemptOutcome>
}
