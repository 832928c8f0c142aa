import { expect, it } from 'vitest'
import { RealStack } from '../harness/realStack.ts'
import { ancestorsPaid } from '../scenarios/ancestorsPaid.ts'
import { evictedBatch } from '../scenarios/evictedBatch.ts'
import { tooManyBytes } from '../scenarios/tooManyBytes.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('daemons')

function bitcoindStack(): Pick<RealStack<never>, 'fillMempool' | 'emptyMempool'> {
  const { stack } = market()
  if (!(stack instanceof RealStack)) throw new Error('a stack of real nodes expected')
  expect(stack.chain.kind).toBe('bitcoind')
  return stack
}

const stories = {
  'a batch that a full mempool drops is offered again with each block; a bump keeps the next one in': evictedBatch,
  'a batch pays for the unconfirmed ones before it, and one begins no line of too many bytes': ancestorsPaid,
}

it.each(Object.entries(stories))('%s', async (_, story) => {
  const stack = bitcoindStack()
  await story(market(), {
    raise: (satPerVByte) => stack.fillMempool(satPerVByte),
    drop: () => stack.emptyMempool(),
  })
})

it('a line stops before the bytes that the mempool takes; where it does not, the node refuses it until a block', async () => {
  const stack = bitcoindStack()
  await tooManyBytes(market(), (thousands) => stack.emptyMempool(`-limitancestorsize=${thousands}`))
  await stack.emptyMempool()
})
