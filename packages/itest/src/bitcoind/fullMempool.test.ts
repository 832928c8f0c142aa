import { expect, it } from 'vitest'
import { RealStack } from '../harness/realStack.ts'
import { evictedBatch } from '../scenarios/evictedBatch.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('daemons')

it('a batch that a full mempool drops is offered again with each block; a bump keeps the next one in', async () => {
  const { stack } = market()
  if (!(stack instanceof RealStack)) throw new Error('a stack of real nodes expected')
  expect(stack.chain.kind).toBe('bitcoind')
  await evictedBatch(market(), {
    raise: (satPerVByte) => stack.fillMempool(satPerVByte),
    drop: () => stack.emptyMempool(),
  })
})
