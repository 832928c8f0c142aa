import type { Options } from './schema.ts'

export const GROUPS = [
  'General',
  'Connection to the auctioneer',
  'Connection to lnd',
  'Own ports',
  'Trading',
  'Logging',
] as const

export interface OptionHelp {
  readonly group: (typeof GROUPS)[number]
  readonly text: string
  /** What stands for the value; none for switches. */
  readonly value?: string
  /** Default in words, where it depends on other options. */
  readonly unset?: string
}

const general = (text: string, value?: string, unset?: string): OptionHelp => help('General', text, value, unset)
const auctioneer = (text: string, value?: string, unset?: string): OptionHelp =>
  help('Connection to the auctioneer', text, value, unset)
const lnd = (text: string, value?: string, unset?: string): OptionHelp => help('Connection to lnd', text, value, unset)
const ports = (text: string, value?: string, unset?: string): OptionHelp => help('Own ports', text, value, unset)
const trading = (text: string, value?: string, unset?: string): OptionHelp => help('Trading', text, value, unset)
const logging = (text: string, value?: string, unset?: string): OptionHelp => help('Logging', text, value, unset)

function help(group: OptionHelp['group'], text: string, value?: string, unset?: string): OptionHelp {
  return { group, text, ...(value !== undefined && { value }), ...(unset !== undefined && { unset }) }
}

const SITE = 'accepted for compatibility: log lines do not name their place in the code'

/** Every option in words; `undefined` for those that are not shown. */
export const OPTION_HELP: Readonly<Record<keyof Options, OptionHelp | undefined>> = {
  help: general('show this text and exit'),
  version: general('show the version and exit'),
  'print-config': general('write a sample configuration file, filled with the options given, and exit'),
  network: general('network to trade on', 'regtest|testnet|mainnet|simnet'),
  basedir: general(
    'directory of all data; not together with --logdir, --macaroonpath, --tlscertpath and --tlskeypath',
    'DIR',
    '~/.pool',
  ),
  profile: general(
    'accepted for compatibility: there is no profiler (port from 1024 to 65535)',
    '[HOST:]PORT',
    'nowhere',
  ),

  auctionserver: auctioneer(
    'the auctioneer',
    'HOST:PORT',
    'pool.lightning.finance:12010 on mainnet, test.pool.lightning.finance:12010 on testnet',
  ),
  insecure: auctioneer('speak to the auctioneer without TLS'),
  tlspathauctserver: auctioneer("file with the auctioneer's certificate", 'FILE', 'what the system trusts'),
  proxy: auctioneer('SOCKS5 proxy (such as Tor) for the connection to the auctioneer', 'HOST:PORT', 'none'),
  minbackoff: auctioneer('first pause before connecting again', 'DURATION'),
  maxbackoff: auctioneer('longest pause before connecting again', 'DURATION'),
  lsatmaxroutingfee: auctioneer('most to pay in routing fees for the token of the auctioneer', 'SAT'),
  fakeauth: auctioneer('send a made-up token instead of a paid one; for tests, refused on mainnet'),

  'lnd.host': lnd("lnd's gRPC address", 'HOST:PORT'),
  'lnd.tlspath': lnd("lnd's certificate", 'FILE', '~/.lnd/tls.cert'),
  'lnd.macaroonpath': lnd(
    'one macaroon that permits all the daemon does',
    'FILE',
    '~/.lnd/data/chain/bitcoin/NETWORK/admin.macaroon',
  ),
  'lnd.macaroondir': lnd('deprecated: directory of an admin.macaroon', 'DIR', 'none'),

  rpclisten: ports('where the command line and gRPC clients connect', 'HOST:PORT'),
  restlisten: ports('where REST clients connect', 'HOST:PORT'),
  healthlisten: ports('where /healthz and /readyz are served over HTTP', 'HOST:PORT', 'nowhere'),
  restcors: ports('origin of web pages that may call REST, * for any; may be repeated', 'ORIGIN', 'none'),
  tlscertpath: ports("the daemon's certificate, made when missing or expired", 'FILE', 'BASEDIR/NETWORK/tls.cert'),
  tlskeypath: ports("the certificate's key", 'FILE', 'BASEDIR/NETWORK/tls.key'),
  tlsextraip: ports('one more IP address in a new certificate; may be repeated', 'IP', 'none'),
  tlsextradomain: ports('one more name in a new certificate; may be repeated', 'NAME', 'none'),
  tlsautorefresh: ports('make a new certificate when the addresses or names it should have are not those it has'),
  tlsdisableautofill: ports(
    "leave host name and interfaces' addresses out of a new certificate; the first --tlsextradomain names it",
  ),
  macaroonpath: ports('where to write the macaroon that permits every call', 'FILE', 'BASEDIR/NETWORK/pool.macaroon'),

  newnodesonly: trading('take only channels with nodes there is no open or pending channel with'),
  txlabelprefix: trading("begin the labels of the wallet's transactions with this text", 'TEXT', 'none'),
  'batch.max-expiry-ahead': trading("farthest a batch may move an account's expiry beyond the best height", 'BLOCKS'),
  'order.max-base-fee': trading('highest execution fee per match at which orders are submitted', 'SAT'),
  'order.max-fee-ppm': trading('highest execution fee rate at which orders are submitted', 'PPM'),

  logdir: logging('directory of logs, one folder for each network', 'DIR', 'BASEDIR/logs'),
  debuglevel: logging(
    'trace, debug, info, warn, error or critical, for all or by subsystem (SUB=LEVEL,…); show lists the subsystems',
    'LEVEL',
  ),
  'logging.console.disable': logging('no log on the console'),
  'logging.console.no-timestamps': logging('no times on the console'),
  'logging.console.call-site': logging(SITE, 'off|short|long'),
  'logging.file.disable': logging('no log file'),
  'logging.file.no-timestamps': logging('no times in the file'),
  'logging.file.call-site': logging(SITE, 'off|short|long'),
  'logging.file.compressor': logging('how finished files are packed', 'gzip|zstd'),
  'logging.file.max-files': logging('how many finished files are kept, 0 to never finish one', 'COUNT'),
  'logging.file.max-file-size': logging('size at which a file is finished', 'MB'),
  'logging.no-commit-hash': logging('accepted for compatibility: log lines carry no commit'),

  maxlogfiles: undefined,
  maxlogfilesize: undefined,
  'debug.batchversion': undefined,
  'debug.exit-at': undefined,
  'debug.freeze-at': undefined,
}
