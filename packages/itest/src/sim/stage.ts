import type { SatPerKWeight } from '@tidepool/crypto'
import type { Chain } from '@tidepool/simnet'
import type { StockEars } from './checks/stockEars.ts'
import type { Witness } from './checks/witness.ts'
import type { Clocks } from './kernel/clocks.ts'
import type { Scheduler } from './kernel/scheduler.ts'
import type { Trace } from './kernel/trace.ts'
import type { LightningNetwork } from './outside/lightning.ts'
import type { LogLine } from './ports/logger.ts'
import type { Postman, SimStream } from './ports/stream.ts'

/** What all processes of a world share. */
export interface Stage {
  readonly seed: string
  readonly scheduler: Scheduler
  readonly clocks: Clocks
  readonly trace: Trace
  readonly witness: Witness
  readonly ears: StockEars
  readonly chain: Chain
  readonly network: LightningNetwork
  /** What every node estimates. */
  readonly market: { feeRate: SatPerKWeight }
  /** Errors the daemons logged. */
  readonly complaints: string[]
  /** Hears every line a daemon logs. */
  hear: (line: LogLine) => void
  readonly postman: Postman
  /** Open auction streams. */
  readonly streams: Set<SimStream>
}
