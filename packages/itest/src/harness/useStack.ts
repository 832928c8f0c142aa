import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { startRealStack } from './realStack.ts'
import { startSimnetStack } from './simnetStack.ts'
import type { Stack, StackOptions } from './stack.ts'

export type StackKind = Stack['kind']

/**
 * One stack for all tests of a file. Afterwards everything is stopped; a run in which a test failed shows the ends of
 * its logs and keeps its folder.
 */
export function useStack<Name extends string>(kind: StackKind, options: StackOptions<Name>): () => Stack<Name> {
  let stack: Stack<Name> | undefined
  let failed = false
  beforeAll(async () => {
    stack = await startStack(kind, options)
  }, 600_000)
  afterEach((context) => {
    if (context.task.result?.state !== 'fail' || stack === undefined) return
    failed = true
    console.error(`logs in ${stack.logDir}\n${stack.tails()}`)
  })
  afterAll(async () => {
    await stack?.close()
    if (stack !== undefined && !failed) rmSync(stack.dir, { recursive: true, force: true })
  }, 120_000)
  return () => {
    if (stack === undefined) throw new Error('the stack is there from beforeAll on')
    return stack
  }
}

export function startStack<Name extends string>(kind: StackKind, options: StackOptions<Name>): Promise<Stack<Name>> {
  return kind === 'simnet' ? startSimnetStack(options) : startRealStack(options)
}
