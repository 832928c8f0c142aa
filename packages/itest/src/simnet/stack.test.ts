import { describeStack } from '../harness/describeStack.ts'

describeStack('simnet')
