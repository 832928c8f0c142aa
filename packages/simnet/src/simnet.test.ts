import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, openChannel, services } from '@tidepool/rpc'
import { startSimnet, type Simnet } from './simnet.ts'

let simnet: Simnet
beforeAll(async () => {
  simnet = await startSimnet({ nodes: ['alice', 'bob'], onUnexpected: (error) => console.error(error) })
})
afterAll(() => simnet.stop())

function channelTo(name: string, macaroon = true) {
  const node = simnet.node(name)
  return openChannel({
    address: node.address,
    tls: { kind: 'ca', pem: node.certificate.cert },
    ...(macaroon ? { macaroonHex: Buffer.from(node.adminMacaroon).toString('hex') } : {}),
  })
}

describe('a served node', () => {
  it('answers with a macaroon and refuses without', async () => {
    const info = await createClient(services.lnrpc.Lightning, channelTo('alice')).getInfo({})
    expect(info.chains[0]?.network).toBe('regtest')
    expect(info.blockHeight).toBe(120)
    const bare = createClient(services.lnrpc.Lightning, channelTo('alice', false))
    await expect(bare.getInfo({})).rejects.toMatchObject({
      detail: { status: 2, details: 'expected 1 macaroon, got 0' },
    })
  })

  it('pays, mines and reports', async () => {
    simnet.fund('alice', 10_000_000n)
    const wallet = createClient(services.walletrpc.WalletKit, channelTo('alice'))
    const lightning = createClient(services.lnrpc.Lightning, channelTo('alice'))
    const { addr } = await createClient(services.walletrpc.WalletKit, channelTo('bob')).nextAddr({
      type: 'TAPROOT_PUBKEY',
    })
    expect(addr).toMatch(/^bcrt1p/)
    const script = simnet.node('bob').state.wallet.book.next('p2wkh').script
    await wallet.sendOutputs({ satPerKw: 1250n, outputs: [{ value: 300_000n, pkScript: script }], minConfs: 1 })
    simnet.mine(1)
    const balance = await createClient(services.lnrpc.Lightning, channelTo('bob')).walletBalance({})
    expect(balance.confirmedBalance).toBe(300_000n)
    const { transactions } = await lightning.getTransactions({})
    expect(transactions).toHaveLength(2)
    expect(transactions[1]?.totalFees).toBeGreaterThan(0n)
  })
})
