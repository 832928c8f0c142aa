export * from './batch.ts'
export * from './feeSchedule.ts'
export * from './order.ts'
