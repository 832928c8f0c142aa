import { describe, it } from 'vitest'
import { UNDOINGS, undo } from './reality.ts'

describe('a change that a reorganisation undoes', () => {
  it.each(UNDOINGS.map((undoing) => [undoing.name, undoing] as const))('%s', async (_, undoing) => {
    await undo(undoing)
  })
})
