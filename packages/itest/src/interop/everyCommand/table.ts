import { run, step, type Row } from './row.ts'

const fails = { exit: 1 } as const

/** Of a daemon that knows nothing yet. */
const EMPTY: readonly Row[] = [
  run('getinfo'),
  run('getinfo', { globals: 'short' }),
  run('getinfo', { globals: 'paths' }),
  run('--version', { globals: 'none' }),
  run('--help', { globals: 'none' }),
  run('listauth'),
  run('accounts list'),
  run('accounts list --show_archived'),
  run('accounts listfees'),
  run('orders list'),
  run('orders list --verbose --show_archived'),
  run('auction fee'),
  run('auction leasedurations'),
  run('auction nextbatchinfo'),
  run('auction leases'),
  run('auction ratings {node}'),
  run('auction ratings --node_key={node}'),
  run('auction ratings', fails),
  run('auction ratings 02ab', fails),
  run('auction leases --batch_ids={node}', fails),
  run('auction leases --accounts=02ab', fails),
  run('auction snapshot --num_batches=101', fails),
]

const ACCOUNTS: readonly Row[] = [
  run('accounts new --amt=1000000 --expiry_blocks=4032 --conf_target=6', { input: 'no\n' }),
  run('accounts new --amt=1000000 --sat_per_vbyte=5', { input: 'perhaps\nno\n' }),
  run('accounts new --amt=1000000', fails),
  run('accounts new --amt=1000000 --conf_target=0', fails),
  run('accounts new', fails),
  run('accounts new --amt=many --conf_target=6', fails),
  run('accounts new --amt=99999 --conf_target=6 --force', fails),
  run('accounts new --amt=1000000001 --conf_target=6 --force', fails),
  run('accounts new --amt=1000000 --conf_target=6 --expiry_blocks=143 --force', fails),
  run('accounts new --amt=1000000 --conf_target=6 --expiry_blocks=52561 --force', fails),
  run('accounts new --amt=1000000 --conf_target=6 --version=4 --force', fails),
  step('height'),
  run('accounts new --amt=1000000 --expiry_height={later} --conf_target=6', {
    input: 'yes\n',
    save: { account: 'trader_key' },
  }),
  run('accounts new 500000 --sat_per_vbyte=9 --expiry_blocks=4032 --version=1 --force', {
    save: { second: 'trader_key' },
  }),
  run('accounts list'),
  run('accounts deposit {account} 100000 10', fails),
  run('accounts bumpfee {account} 30'),
  run('accounts bumpfee --trader_key={second} --sat_per_vbyte=31'),
  step('mine'),
  step('untilOpen'),
  run('a l'),
  run('getinfo'),
  run('accounts bumpfee {account} 30', fails),
  run('accounts bumpfee', fails),
]

const ASK = '--interest_rate_percent=0.5 --lease_duration_blocks=2016 --min_chan_amt=100000 --max_batch_fee_rate=50'
const BOTH = '--channel_type=script-enforced --auction_type=inbound --public=false'

const ORDERS: readonly Row[] = [
  run(`orders submit ask 200000 {account} ${ASK}`, { input: 'no\n' }),
  run(`orders submit bid --amt=200000 --acct_key={account} ${ASK} ${BOTH}`, { input: 'no\n' }),
  run(
    `orders submit ask --amt=300000 --acct_key={account} ${ASK} ${BOTH} --announcement_constraints=1 --confirmation_constraints=1 --allowed_node_id={node} --force`,
    { save: { ask: 'accepted_order_nonce' } },
  ),
  run(
    `orders submit bid --amt=200000 --acct_key={account} --interest_rate_percent=0.1 --min_chan_amt=200000 --min_node_tier=1 --self_chan_balance=100000 --not_allowed_node_id={node} --unannounced_channel --force`,
    { save: { bid: 'accepted_order_nonce' } },
  ),
  run(
    'orders submit bid --amt=100000 --acct_key={account} --interest_rate_percent=0.1 --zero_conf_channel --channel_type=script-enforced --min_node_tier=0 --force',
    { save: { zeroConf: 'accepted_order_nonce' } },
  ),
  run(
    'orders submit ask 100000 {account} --interest_rate_percent=0.9 --auction_type=outbound --min_chan_amt=400000 --channel_type=legacy --confirmation_constraints=0 --force',
    { save: { outbound: 'accepted_order_nonce' } },
  ),
  run('orders submit bid 100000 {account} --interest_rate_percent=1 --sidecar_ticket=sidecarnonsense --force', fails),
  run('orders submit ask 100000 {account} --interest_rate_percent=1 --not_allowed_node_id=02 --force', fails),
  run('orders submit ask'),
  run('orders submit bid'),
  run('orders submit'),
  run('orders submit ask --amt=100000 {account} --interest_rate_percent=0 --force', fails),
  run('orders submit ask --amt=100000 --acct_key=02 --interest_rate_percent=1 --force', fails),
  run('orders submit ask 100000 {account} --interest_rate_percent=1 --max_batch_fee_rate=0 --force', fails),
  run('orders submit ask 100000 {account} --interest_rate_percent=1 --channel_type=new --force', fails),
  run('orders submit ask 100000 {account} --interest_rate_percent=1 --auction_type=both --force', fails),
  run('orders submit ask 100000 {account} --interest_rate_percent=1 --min_chan_amt=50000 --force', fails),
  run('orders submit ask 200000 {account} --interest_rate_percent=1 --lease_duration_blocks=2017 --force', fails),
  run('orders submit ask 200000 {node} --interest_rate_percent=1 --force', fails),
  run('orders submit ask 90000000 {account} --interest_rate_percent=1 --force', fails),
  run('orders submit bid 100000 {account} --interest_rate_percent=1 --min_node_tier=7 --force', {
    save: { anyTier: 'accepted_order_nonce' },
  }),
  run(
    'orders submit bid 100000 {account} --interest_rate_percent=1 --allowed_node_id={node} --not_allowed_node_id={node} --force',
    fails,
  ),
  run('orders list'),
  run('o l --verbose'),
  run('accounts list'),
  run('accounts close {account} 10', fails),
  run('orders cancel {bid}'),
  run('orders cancel --order_nonce={ask}'),
  run('orders cancel {zeroConf}'),
  run('orders cancel {outbound}'),
  run('orders cancel {anyTier}'),
  run('orders cancel {ask}'),
  run('orders cancel'),
  run('orders cancel 00', fails),
  run('orders cancel {unknown}', fails),
  run('orders list'),
  run('orders list --show_archived'),
]

const TRADE: readonly Row[] = [
  run('orders submit ask 200000 {account} --interest_rate_percent=0.3 --channel_type=script-enforced --force', {
    save: { sold: 'accepted_order_nonce' },
  }),
  step('trade'),
  run('orders list --show_archived --verbose'),
  run('accounts list'),
  run('getinfo'),
  run('auction leases'),
  run('auction leases --accounts={account} --batch_ids={batch}'),
  run('auction leases --accounts={second}', { oursAlone: true }),
  run('auction snapshot'),
  run('auction snapshot {batch}'),
  run('auction snapshot --batch_id={batch} --num_batches=1'),
  run('auction snapshot {batch} --num_batches=100'),
  run('auction nextbatchinfo'),
]

const CHANGES: readonly Row[] = [
  run('accounts deposit', fails),
  run('accounts deposit {account} 100000 10 --expiry_height={later} --expiry_blocks=5000', fails),
  run('accounts deposit --trader_key={account} --amt=100000 --sat_per_vbyte=10 --expiry_blocks=5000 --new_version=3'),
  run('accounts deposit {second} 100000 10 --expiry_height={later} --new_version=2'),
  run('accounts list'),
  step('mine'),
  step('untilOpen'),
  run('accounts withdraw', fails),
  run('accounts withdraw {account} 100000 mzBc4XEFSdzCDcTxAgf6EZXgsZWpztRhef 10', fails),
  run('accounts withdraw {account} 100000 bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 10', fails),
  run('accounts withdraw {account} 100000000 {addr} 10', fails),
  run('accounts withdraw {account} 50000 {addr} 10 --new_version=3'),
  run(
    'accounts withdraw --trader_key={second} --amt=50000 --addr={addr} --sat_per_vbyte=10 --expiry_blocks=6000 --expiry_height=0',
  ),
  step('mine'),
  step('untilOpen'),
  run('accounts renew', fails),
  run('accounts renew {account} 10 --expiry_blocks=143', fails),
  run('accounts renew {account} 10 --expiry_blocks=7000'),
  run('accounts renew --trader_key={second} --sat_per_vbyte=10 --expiry_height={later} --new_version=3'),
  step('mine'),
  step('untilOpen'),
  run('accounts list'),
  run('accounts listfees'),
]

const ours = { tool: 'ours' } as const

/** Our command line drives both daemons. */
const OUR_TOOL: readonly Row[] = [
  run('accounts new 300000 --sat_per_vbyte=9 --expiry_blocks=4032 --yes', { ...ours, save: { third: 'trader_key' } }),
  run('accounts bumpfee {third} 30', ours),
  step('mine'),
  step('untilOpen'),
  run('accounts list', ours),
  run('orders submit bid 100000 {third} --interest_rate_percent=0.1 --yes', {
    ...ours,
    save: { ourBid: 'accepted_order_nonce' },
  }),
  run('orders submit ask 100000 {third} --interest_rate_percent=0.9', { ...ours, input: 'no\n' }),
  run('orders list --verbose', ours),
  run('orders cancel {ourBid}', ours),
  run('accounts deposit {third} 100000 10 --expiry_blocks=5000', ours),
  step('mine'),
  step('untilOpen'),
  run('accounts withdraw {third} 50000 {addr} 10', ours),
  step('mine'),
  step('untilOpen'),
  run('accounts renew {third} 10', ours),
  step('mine'),
  step('untilOpen'),
  run('accounts close {third} 10 --addr={addr}', ours),
  step('mine'),
  run('accounts list --show_archived', ours),
]

const RECOVER: readonly Row[] = [
  run('accounts recover', fails),
  run('accounts recover --account_target=3', fails),
  run(
    'accounts recover --full_client --account_target=1 --auctioneer_key={node} --height_hint=100 --bitcoin_host=localhost:1 --bitcoin_user=u --bitcoin_password=p --bitcoin_httppostmode --bitcoin_usetls --bitcoin_tlspath=/nowhere',
    fails,
  ),
]

/** Our daemon has no sidecar channels yet: it says so. */
const SIDECAR: readonly Row[] = [
  run('sidecar list'),
  run('sidecar offer'),
  run('sidecar offer 100000 100000 2016 {account}'),
  run('sidecar printticket'),
  run('sidecar printticket sidecarnonsense', fails),
  run('sidecar register'),
  run('sidecar register sidecarnonsense', fails),
  run('sidecar expectchannel'),
  run('sidecar expectchannel sidecarnonsense', fails),
  run('sidecar cancel'),
  run('sidecar cancel {unknown}', fails),
]

const CLOSE: readonly Row[] = [
  run('accounts close', fails),
  run('accounts close 02ab 10', fails),
  run('accounts close {node} 10', fails),
  run('accounts close --trader_key={account} --addr={addr} --sat_per_vbyte=10'),
  run('accounts close {second} 10'),
  run('accounts close {second} 10', fails),
  run('accounts list'),
  step('mine'),
  run('accounts list'),
  run('accounts list --show_archived'),
]

const USAGE: readonly Row[] = [
  run('accounts'),
  run('orders'),
  run('auction'),
  run('sidecar'),
  run('help'),
  run('help accounts'),
  run('h auction'),
  run('accounts new --help'),
  run('dance', { exit: 3 }),
  run('accounts dance', { exit: 3 }),
  run('getinfo --tune', fails),
  run('getinfo', { globals: 'none', exit: 1 }),
]

export { EMPTY }

/** Every command and flag of the stock command line, in an order that gives each something to show. */
export const TABLE: readonly Row[] = [...ACCOUNTS, ...ORDERS, ...TRADE, ...CHANGES, ...OUR_TOOL, ...SIDECAR]

/** After the REST calls, which want accounts. */
export const LAST: readonly Row[] = [...CLOSE, ...RECOVER, ...USAGE, run('stop')]
