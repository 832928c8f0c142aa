import { bitcoindArguments, bitcoindLndFlags } from '../harness/chain/chainDaemon.ts'
import { auctioneerArguments } from '../harness/auctioneerDaemon.ts'
import { lndArguments, type LndEndpoint } from '../harness/lndNode.ts'
import { settings } from '../harness/settings.ts'
import { traderArguments } from '../harness/traderDaemon.ts'

/** Names and folders inside docker-compose.yml. */
export const BITCOIND = 'bitcoind'
export const AUCTIONEERD = 'auctioneerd'
const LND_HOME = '/root/.lnd'
const DATA = '/data'

export const lndService = (name: string): string => `lnd-${name}`

/** How our containers reach an lnd, whose folder they see below /lnd. */
export function lndInContainers(name: string): LndEndpoint {
  const dir = `/lnd/${name}`
  return {
    address: `${lndService(name)}:${nodePorts(name).rpcPort}`,
    tlsCertPath: `${dir}/tls.cert`,
    macaroonPath: `${dir}/data/chain/bitcoin/regtest/admin.macaroon`,
  }
}

type Service = Readonly<Record<string, unknown>>

const OUR_IMAGE = { image: 'tidepool', build: '.' }
const after = (condition: string, ...services: readonly string[]) =>
  Object.fromEntries(services.map((service) => [service, { condition }]))
const loopback = (port: number): string => `127.0.0.1:${port}:${port}`
const probe = (test: string) => ({
  test: ['CMD-SHELL', test],
  interval: '2s',
  timeout: '5s',
  retries: 60,
})
const listens = (port: number) =>
  probe(`node -e "require('net').connect(${port}).on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))"`)

function nodePorts(name: string) {
  const ports = settings.lnd.nodes[name]
  if (ports === undefined) throw new Error(`regtest/stack.json: no lnd node ${name}`)
  return ports
}

function bitcoind(): Service {
  const { rpcPort, rpcUser, rpcPassword } = settings.chain
  const cli = `bitcoin-cli -regtest -rpcport=${rpcPort} -rpcuser=${rpcUser} -rpcpassword=${rpcPassword}`
  return {
    image: settings.images.bitcoind,
    command: bitcoindArguments(rpcPort, '0.0.0.0', '0.0.0.0/0'),
    ports: [loopback(rpcPort)],
    volumes: ['bitcoind:/home/bitcoin/.bitcoin'],
    healthcheck: probe(`${cli} getblockcount`),
  }
}

function lnd(name: string): Service {
  const ports = nodePorts(name)
  const host = lndService(name)
  const chainFlags = [...bitcoindLndFlags(BITCOIND, settings.chain.rpcPort), `--tlsextradomain=${host}`]
  return {
    image: settings.images.lnd,
    command: lndArguments({ name, dir: LND_HOME, listen: '0.0.0.0', external: host, ...ports, chainFlags }),
    depends_on: after('service_healthy', BITCOIND),
    ports: [loopback(ports.rpcPort)],
    volumes: [`${host}:${LND_HOME}`],
    healthcheck: probe(`lncli --network=regtest --rpcserver=localhost:${ports.rpcPort} state | grep -q ACTIVE`),
  }
}

function auctioneerd(): Service {
  const { rpcPort, adminPort, flags } = settings.auctioneerd
  const listen = { rpcListen: `0.0.0.0:${rpcPort}`, adminListen: `0.0.0.0:${adminPort}` }
  return {
    ...OUR_IMAGE,
    command: [
      'packages/auctioneer/dist/main.js',
      ...auctioneerArguments({ baseDir: DATA, ...listen, lnd: lndInContainers('auctioneer') }),
      `--tlsextradomain=${AUCTIONEERD}`,
      ...flags,
    ],
    depends_on: after('service_completed_successfully', 'wallets'),
    ports: [loopback(rpcPort), loopback(adminPort)],
    volumes: [`${AUCTIONEERD}:${DATA}`, 'lnd-auctioneer:/lnd/auctioneer:ro'],
    healthcheck: listens(rpcPort),
  }
}

function poold(name: string): Service {
  const ports = settings.poold[name]
  if (ports === undefined) throw new Error(`regtest/stack.json: no poold ${name}`)
  const { rpcPort, restPort } = ports
  const auctioneer = {
    address: `${AUCTIONEERD}:${settings.auctioneerd.rpcPort}`,
    tlsCertPath: '/auctioneer/regtest/tls.cert',
  }
  const listen = { rpcListen: `0.0.0.0:${rpcPort}`, restListen: `0.0.0.0:${restPort}` }
  return {
    ...OUR_IMAGE,
    command: [
      'packages/trader/dist/main.js',
      ...traderArguments({ baseDir: DATA, ...listen, auctioneer, lnd: lndInContainers(name) }),
    ],
    depends_on: after('service_completed_successfully', 'auctioneer-account'),
    ports: [loopback(rpcPort), loopback(restPort)],
    volumes: [`poold-${name}:${DATA}`, `${AUCTIONEERD}:/auctioneer:ro`, `lnd-${name}:/lnd/${name}:ro`],
    healthcheck: listens(rpcPort),
  }
}

/** One-off containers: what `pnpm run regtest up` does between starting the daemons. */
function preparation(step: 'wallets' | 'account', dependsOn: Service): Service {
  const names = Object.keys(settings.lnd.nodes)
  const seen = names.map((name) => `lnd-${name}:/lnd/${name}:ro`)
  return {
    ...OUR_IMAGE,
    command: ['packages/itest/dist/regtest/main.js', 'prepare', step],
    depends_on: dependsOn,
    volumes: [...seen, ...(step === 'account' ? [`${AUCTIONEERD}:${DATA}:ro`] : [])],
  }
}

/** The stack of `regtest/stack.json` as a compose file's content. */
export function composeFile(): Service {
  const names = Object.keys(settings.lnd.nodes)
  const traders = Object.keys(settings.poold)
  const lnds = names.map(lndService)
  return {
    name: 'tidepool',
    services: {
      [BITCOIND]: bitcoind(),
      ...Object.fromEntries(names.map((name) => [lndService(name), lnd(name)])),
      wallets: preparation('wallets', after('service_healthy', ...lnds)),
      [AUCTIONEERD]: auctioneerd(),
      'auctioneer-account': preparation('account', after('service_healthy', AUCTIONEERD)),
      ...Object.fromEntries(traders.map((name) => [`poold-${name}`, poold(name)])),
    },
    volumes: Object.fromEntries(
      [BITCOIND, ...lnds, AUCTIONEERD, ...traders.map((name) => `poold-${name}`)].map((name) => [name, null]),
    ),
  }
}
