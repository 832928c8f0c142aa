#!/usr/bin/env node
import { poolProgram } from './poolProgram.ts'
import { runProgram } from './program.ts'

process.exitCode = await runProgram(poolProgram(), process.argv.slice(2))
