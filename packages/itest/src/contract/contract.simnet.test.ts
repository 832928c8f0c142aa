import { everyContract } from './everyContract.ts'

everyContract('simnet')
