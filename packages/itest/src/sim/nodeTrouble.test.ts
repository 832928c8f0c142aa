import { describe, it } from 'vitest'
import type { NodeFault } from './outside/lightning.ts'
import { CAST, survive, threeTraders } from './words/threeTraders.ts'

const FAULTS: readonly NodeFault[] = ['offline', 'refusesShims', 'refusesToOpen', 'stallsOpening', 'tellsWrongBackup']
const CASES = CAST.flatMap(({ name }) => FAULTS.map((fault) => [name, fault] as const))

describe('a node that fails its trader', () => {
  it.each(CASES)("%s's node %s", async (name, fault) => {
    const world = await threeTraders(`${name} ${fault}`)
    await survive(world, () => {
      const { node } = world.trader(name)
      if (fault === 'offline') world.stage.network.cutOff(node)
      else node.faults.add(fault)
    })
  })
})
