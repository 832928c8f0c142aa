import type { AccountVersion } from '@tidepool/market'
import type { World } from '../world.ts'
import { DEEP, aliceOf } from './accountWorld.ts'
import { begin, endsWell, tell } from './story.ts'
import type { Story } from './story.ts'

const DEEDS = ['open', 'deposit', 'withdraw', 'renew', 'close', 'close, expired'] as const
/** By so many blocks. */
const EARLIER = 2
const DOWN = ['nobody', 'the trader', 'the auctioneer', 'both'] as const

/**
 * kept: what was undone waits in the mempool again. dropped: it is forgotten, whoever wants it must publish it again.
 * earlier: it is mined again, in an earlier block than before.
 */
const FATES = ['kept', 'dropped', 'earlier'] as const

/** A reorganisation that undoes a change of an account. */
export interface Undoing {
  readonly name: string
  readonly story: Story
  /** Blocks on top of the change, its own included. */
  readonly depth: number
  readonly fate: (typeof FATES)[number]
  /** Who does not see it happen, but finds it so at the next start. */
  readonly down: (typeof DOWN)[number]
}

/** Every change, one block deep and as deep as it gets, with every fate and everyone down; versions take turns. */
export const UNDOINGS: readonly Undoing[] = DEEDS.flatMap((deed) =>
  [1, DEEP].flatMap((depth) => FATES.flatMap((fate) => DOWN.map((down) => ({ deed, depth, fate, down })))),
).map(({ deed, depth, fate, down }, i) => {
  const version = (i % 3) as AccountVersion
  const expired = deed === 'close, expired'
  const story: Story = { name: deed, version, deed: expired ? 'close' : deed, expired }
  const who = down === 'nobody' ? 'everyone up' : `${down} down`
  return { name: `${deed} of version ${version}, ${depth} deep: ${fate}, ${who}`, story, depth, fate, down }
})

/** The change is made and mined, then undone; in the end everything is right. @throws what is not */
export async function undo({ name, story, depth, fate, down }: Undoing): Promise<void> {
  const scene = await begin(story, name)
  const { world } = scene
  const { chain, scheduler } = world.stage
  // Blocks without the change, which will be undone too.
  if (fate === 'earlier') await world.mine(EARLIER)
  await tell(scene, story, true, depth)
  const asleep = sleepers(world, down)
  for (const one of asleep) one.kill()
  const undone = Array.from({ length: depth }, (_, i) => chain.blockAt(chain.height - i)).flatMap((block) =>
    (block?.transactions ?? []).filter((tx) => !tx.isCoinbase()).map((tx) => tx.getId()),
  )
  if (undone.length === 0) throw new Error('nothing was undone')
  chain.reorg(fate === 'earlier' ? depth + EARLIER : depth, { empty: fate !== 'earlier' })
  if (fate === 'dropped') for (const txid of undone) chain.mempool.removeWithDescendants(txid)
  await scheduler.drain()
  for (const one of asleep) one.boot()
  await endsWell(scene, story)
}

function sleepers(world: World, down: Undoing['down']): readonly { kill(): void; boot(): void }[] {
  const alice = aliceOf(world)
  switch (down) {
    case 'nobody':
      return []
    case 'the trader':
      return [alice]
    case 'the auctioneer':
      return [world.auctioneer]
    case 'both':
      return [alice, world.auctioneer]
    default:
      return down satisfies never
  }
}
