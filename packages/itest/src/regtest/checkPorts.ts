import { connect } from 'node:net'
import { settings } from '../harness/settings.ts'

/** Says at once what a daemon would say much later. */
export async function checkPorts(): Promise<void> {
  const wanted: (readonly [string, number])[] = [
    ['chain', settings.chain.rpcPort],
    ...Object.entries(settings.lnd.nodes).flatMap(([name, { rpcPort, p2pPort }]) => [
      [`lnd ${name}`, rpcPort] as const,
      [`lnd ${name}`, p2pPort] as const,
    ]),
    ['auctioneerd', settings.auctioneerd.rpcPort],
    ['auctioneerd', settings.auctioneerd.adminPort],
  ]
  const taken: string[] = []
  for (const [name, port] of wanted) if (await listens(port)) taken.push(`${port} (${name})`)
  if (taken.length === 0) return
  throw new Error(`ports in use: ${taken.join(', ')}; end what listens there, or change regtest/stack.json`)
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const answer = (taken: boolean) => () => {
      socket.destroy()
      resolve(taken)
    }
    socket.on('connect', answer(true))
    socket.on('error', answer(false))
  })
}
