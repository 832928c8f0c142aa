import { describe, expect, it } from 'vitest'
import { FakeClock, settle } from '../../test/fakeWorld.ts'
import { ProposalHold } from './proposalHold.ts'

const QUIET_MS = 2000

function bench() {
  const clock = new FakeClock()
  const hold = new ProposalHold(clock, QUIET_MS)
  const sent: string[] = []
  let inHandshake = false
  const propose = (what: string) =>
    hold.when(
      () => inHandshake,
      () => Promise.resolve(void sent.push(what)),
    )
  const pass = async (ms: number) => {
    clock.advance(ms)
    await settle(3)
  }
  return { hold, sent, propose, pass, begin: () => (inHandshake = true), finish: () => (inHandshake = false) }
}

describe('a proposal', () => {
  it('is sent at once to who proves nothing', () => {
    const { propose, sent } = bench()
    void propose('now')
    expect(sent).toEqual(['now'])
  })

  it('waits until no step of a handshake has come for a while', async () => {
    const { hold, propose, sent, pass } = bench()
    hold.handshakeStep()
    void propose('later')
    await pass(1999)
    hold.handshakeStep()
    await pass(1)
    await pass(1998)
    expect(sent).toEqual([])
    await pass(500)
    expect(sent).toEqual(['later'])
  })

  it('waits for a handshake that is open, but not for ever', async () => {
    const { propose, sent, pass, begin, finish } = bench()
    begin()
    const first = propose('finished')
    await pass(400)
    finish()
    await pass(400)
    await first
    begin()
    const never = propose('never').catch((error: unknown) => String(error))
    for (let i = 0; i < 6; i++) await pass(400)
    expect(await never).toMatch('do not end')
    expect(sent).toEqual(['finished'])
  })

  it('gives way to the next, and is dropped when it is over', async () => {
    const { hold, propose, sent, pass } = bench()
    hold.handshakeStep()
    const first = propose('first')
    const second = propose('second')
    await first
    await pass(2000)
    await second
    hold.handshakeStep()
    const third = propose('third')
    hold.drop()
    await third
    await pass(5000)
    expect(sent).toEqual(['second'])
  })
})
