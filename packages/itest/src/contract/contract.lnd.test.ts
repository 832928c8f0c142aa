import { everyContract } from './everyContract.ts'

everyContract('daemons')
