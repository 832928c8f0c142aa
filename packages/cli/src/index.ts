export { auctionctlProgram } from './auctionctlProgram.ts'
export { EXAMPLES } from './examples.ts'
export { poolProgram } from './poolProgram.ts'
export { runProgram } from './program.ts'
