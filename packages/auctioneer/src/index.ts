export { Auctioneer, type AuctioneerPorts } from './app/auctioneer.ts'
export {
  type AuctioneerOptions,
  ACCOUNT_KEY_LOCATOR,
  AUCTIONEER_KEY_FAMILY,
  MASTER_KEY_LOCATOR,
} from './app/options.ts'
export { NodeRatings } from './app/ratings.ts'
export { TraderSession, type AccountDirectory, type Answer, type AnswerSink } from './app/traderSession.ts'
export { SessionRegistry } from './app/sessionRegistry.ts'
export { TableStore } from './adapters/store/auctioneerStore.ts'
export { ThreadMatcher } from './adapters/matcher/threadMatcher.ts'
export { ThreadBatchSignatures } from './adapters/signatures/threadBatchSignatures.ts'
export { ThreadSignatures } from './adapters/signatures/threadSignatures.ts'
export { traderHandlers } from './adapters/grpc/traderService.ts'
export { readConfig } from './config.ts'
export { optionGroups, sampleFile } from './config/texts.ts'
export * from './core/deadStreams.ts'
export { wireState } from './core/account.ts'
export type * from './core/account.ts'
export type * from './core/buildAttempt.ts'
export type * from './core/messages.ts'
export type * from './core/records.ts'
export type * from './ports/chain.ts'
export type * from './ports/store.ts'
export type * from './ports/system.ts'
export type * from './ports/traderStream.ts'
export type * from './ports/wallet.ts'
