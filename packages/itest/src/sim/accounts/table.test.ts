import { describe, expect, it } from 'vitest'
import { STORIES, begin, endsWell, tell } from './story.ts'

describe('a change that nothing disturbs', () => {
  it.each(STORIES.map((story) => [story.name, story] as const))('%s', async (name, story) => {
    const scene = await begin(story, name)
    const outcome = await tell(scene, story)
    expect(outcome, scene.world.story()).toEqual({ kind: 'done' })
    await endsWell(scene, story)
    // Streams are cut on purpose; being offline for a moment is told, and is no fault.
    expect(scene.world.stage.complaints.filter((one) => !one.includes(': offline: '))).toEqual([])
  })
})
