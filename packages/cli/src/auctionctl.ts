#!/usr/bin/env node
import { auctionctlProgram } from './auctionctlProgram.ts'
import { runProgram } from './program.ts'

process.exitCode = await runProgram(auctionctlProgram(), process.argv.slice(2))
