export { auctionctlProgram } from './auctionctlProgram.ts'
export { poolProgram } from './poolProgram.ts'
export { runProgram } from './program.ts'
