import { auctionctlProgram, poolProgram } from '@tidepool/cli'
import { optionGroups as auctioneerOptions } from '@tidepool/auctioneer'
import { optionGroups as traderOptions } from '@tidepool/trader'
import { commandPage } from './commandPage.ts'
import { daemonPage } from './daemonPage.ts'
import { manPage } from './roff.ts'

const PROGRAMS = ['poold', 'pool', 'auctioneerd', 'auctionctl'] as const
const others = (name: (typeof PROGRAMS)[number]): readonly string[] => PROGRAMS.filter((one) => one !== name)

const poold = daemonPage({
  name: 'poold',
  summary: 'trader daemon of a market for Lightning channel leases',
  description: [
    'Runs beside an lnd node and trades channel leases for it: keeps accounts and orders, checks every batch of the auctioneer against its own records, opens the leased channels, and only then signs. pool(1) is its command line.',
    'It takes the place of the stock trader daemon: the same options, configuration file, directories, calls and REST routes.',
  ],
  groups: traderOptions(),
  files: [
    ['BASEDIR/NETWORK/poold.conf', 'Options, one NAME=VALUE a line. poold --print-config writes a sample.'],
    ['BASEDIR/NETWORK/store', 'Accounts, orders and batches. Back it up with the daemon stopped.'],
    ['BASEDIR/NETWORK/tls.cert, BASEDIR/NETWORK/tls.key', 'Certificate and key for its clients.'],
    ['BASEDIR/NETWORK/pool.macaroon', 'Permits every call.'],
    ['BASEDIR/logs/NETWORK/poold.log', 'The log.'],
  ],
  seeAlso: others('poold'),
})

const auctioneerd = daemonPage({
  name: 'auctioneerd',
  summary: 'auctioneer of a market for Lightning channel leases',
  description: [
    'Runs beside an lnd node, takes orders of traders, matches them at one price for each lease duration, and settles every auction with one transaction that all its traders have checked and signed. auctionctl(1) is its command line.',
  ],
  groups: auctioneerOptions(),
  files: [
    ['BASEDIR/auctioneerd.yaml', 'Options. auctioneerd --print-config writes a sample.'],
    [
      'BASEDIR/NETWORK/store',
      'Accounts, orders, batches and the journal of attempts. Back it up with the daemon stopped.',
    ],
    ['BASEDIR/NETWORK/tls.cert, BASEDIR/NETWORK/tls.key', 'Certificate and key; traders need the certificate.'],
    ['BASEDIR/NETWORK/admin.macaroon', 'Permits every call of auctionctl.'],
  ],
  seeAlso: others('auctioneerd'),
})

/** Every manual page: where it stands in the repository, and its text. */
export const manPages = (): readonly (readonly [path: string, text: string])[] => [
  ['packages/trader/man/poold.1', manPage(poold)],
  ['packages/auctioneer/man/auctioneerd.1', manPage(auctioneerd)],
  ['packages/cli/man/pool.1', manPage(commandPage(poolProgram(), { daemon: 'poold', seeAlso: others('pool') }))],
  [
    'packages/cli/man/auctionctl.1',
    manPage(commandPage(auctionctlProgram(), { daemon: 'auctioneerd', seeAlso: others('auctionctl') })),
  ],
]
