import { expect, it } from 'vitest'
import { auctionctlJsonInProcess, poolInProcess, poolJsonInProcess } from '../harness/inProcessCli.ts'
import { useMarket } from '../scenarios/useMarket.ts'

const market = useMarket('simnet')

it('command lines of this process that run at once are answered each with its own', async () => {
  const [alice, bob] = await market().traders('alice', 'bob')
  const flagsOf = ({ address, baseDir }: { readonly address: string; readonly baseDir: string }) => [
    `--rpcserver=${address}`,
    '--network=regtest',
    `--basedir=${baseDir}`,
  ]
  const { adminAddress, baseDir } = market().auctioneer
  const [one, other, status, refused] = await Promise.all([
    poolJsonInProcess([...flagsOf(alice), '--json', 'getinfo']),
    poolJsonInProcess([...flagsOf(bob), '--json', 'getinfo']),
    auctionctlJsonInProcess([...flagsOf({ address: adminAddress, baseDir }), '--json', 'status']),
    poolInProcess([...flagsOf(alice), 'accounts', 'close', '02'.repeat(33), '--sat_per_vbyte=1']),
  ])
  const { nodes } = market().stack
  expect(one).toMatchObject({ node_rating: { node_pubkey: nodes.alice.nodeKey } })
  expect(other).toMatchObject({ node_rating: { node_pubkey: nodes.bob.nodeKey } })
  expect(status).toMatchObject({ master_account: { confirmed: true } })
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' })
  expect(refused.stderr).toMatch(/^\[pool\] .+\n/)
  const broken = poolJsonInProcess([...flagsOf(alice), '--json', 'orders', 'cancel', '00'.repeat(32)])
  await expect(broken).rejects.toMatchObject({ detail: { code: 'COMMAND_FAILED', exitCode: 1 } })
})
