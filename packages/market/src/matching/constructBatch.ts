import type { ConstructContext, ConstructedBatch, MasterOutput } from './batchTypes.ts'
import type { ClearedMarket } from './clearedTypes.ts'

/** Builds the batch transaction and what each trader sees of it. @throws BatchBuildError BATCH_MASTER_TOO_SMALL */
export function constructBatch(
  _market: ClearedMarket,
  _master: MasterOutput,
  _context: ConstructContext,
): ConstructedBatch {
  throw new Error('TODO')
}
