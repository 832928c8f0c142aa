/** One call to the REST port, made to both daemons. `{name}` is something a world knows; hex becomes base64. */
export interface RestRow {
  readonly verb: 'GET' | 'POST' | 'DELETE' | 'PUT'
  readonly path: string
  readonly body?: unknown
  readonly macaroon?: false
}

const get = (path: string): RestRow => ({ verb: 'GET', path })
const post = (path: string, body?: unknown): RestRow => ({ verb: 'POST', path, body })
const remove = (path: string): RestRow => ({ verb: 'DELETE', path })

const ORDER = {
  trader_key: '{account}',
  rate_fixed: 1000,
  amt: '100000',
  max_batch_fee_rate_sat_per_kw: '2500',
  min_units_match: 1,
}

/** While both wallets are alike. */
export const REST_QUOTES: readonly RestRow[] = [
  post('/v1/pool/accounts/quote', { account_value: '1000000', conf_target: 6 }),
  post('/v1/pool/accounts/quote', { accountValue: 1000000, confTarget: 6 }),
  post('/v1/pool/accounts/quote', {}),
]

/** All other routes of the stock daemon, with good calls and bad ones. */
export const REST_TABLE: readonly RestRow[] = [
  get('/v1/pool/info'),
  get('/v1/pool/accounts'),
  get('/v1/pool/accounts?active_only=true'),
  post('/v1/pool/accounts', { account_value: '99999', relative_height: 4032, conf_target: 6 }),
  post('/v1/pool/accounts', { account_value: '1000000' }),
  post('/v1/pool/accounts', { account_worth: '1000000' }),
  post('/v1/pool/accounts', { account_value: 'many' }),
  post('/v1/pool/accounts', '{"account_value":'),
  post('/v1/pool/accounts/withdraw', { trader_key: '{account}', fee_rate_sat_per_kw: '252' }),
  post('/v1/pool/accounts/deposit', { trader_key: '{account}', amount_sat: '5000000000', fee_rate_sat_per_kw: '2500' }),
  post('/v1/pool/accounts/deposit', { trader_key: 'not base64' }),
  post('/v1/pool/accounts/renew', { account_key: '{account}', fee_rate_sat_per_kw: '2500' }),
  post('/v1/pool/accounts/bump', { trader_key: '{account}', fee_rate_sat_per_kw: '2500' }),
  post('/v1/pool/accounts/recover', { account_target: 2 }),
  remove('/v1/pool/accounts?trader_key={node}&output_with_fee.fee_rate_sat_per_kw=2500'),
  remove('/v1/pool/accounts?trader_key={account}'),
  post('/v1/pool/orders', { ask: { details: ORDER, lease_duration_blocks: 2016, version: 5 } }),
  post('/v1/pool/orders', {
    bid: { details: ORDER, lease_duration_blocks: 2016, version: 5, min_node_tier: 'TIER_0' },
  }),
  post('/v1/pool/orders', { ask: { details: { ...ORDER, amt: '90000000' }, lease_duration_blocks: 2016, version: 5 } }),
  post('/v1/pool/orders', {}),
  get('/v1/pool/orders'),
  get('/v1/pool/orders?verbose=true&active_only=true'),
  remove('/v1/pool/orders/{restAsk}'),
  remove('/v1/pool/orders/{restBid}'),
  remove('/v1/pool/orders/{unknown}'),
  get('/v1/pool/orders?active_only=true'),
  post('/v1/pool/orders/quote', {
    ...{ amt: '1000000', rate_fixed: 1488, lease_duration_blocks: 2016 },
    ...{ max_batch_fee_rate_sat_per_kw: '2500', min_units_match: 2 },
  }),
  post('/v1/pool/orders/quote', {}),
  get('/v1/pool/fee'),
  get('/v1/pool/lease_durations'),
  get('/v1/pool/batch/next'),
  get('/v1/pool/batch/snapshot'),
  get('/v1/pool/batch/snapshot?batch_id={batch}'),
  get('/v1/pool/batch/snapshots'),
  get('/v1/pool/batch/snapshots?start_batch_id={batch}&num_batches_back=1'),
  get('/v1/pool/batch/snapshots/{batch}'),
  get('/v1/pool/batch/snapshots/{batch}/1'),
  get('/v1/pool/batch/snapshots/{batch}/101'),
  get('/v1/pool/lsat/tokens'),
  get('/v1/pool/leases'),
  get('/v1/pool/leases?accounts={account}&batch_ids={batch}'),
  get('/v1/pool/leases?accounts={account}&accounts={second}'),
  get('/v1/pool/leases?batch_ids={node}'),
  get('/v1/pool/node_ratings?node_pubkeys={node}'),
  get('/v1/pool/node_ratings'),
  post('/v1/pool/sidecar/offer', {}),
  post('/v1/pool/sidecar/register', {}),
  post('/v1/pool/sidecar/expect', {}),
  get('/v1/pool/nowhere'),
  { verb: 'PUT', path: '/v1/pool/info' },
  get('/v1/pool/stop'),
  { verb: 'GET', path: '/v1/pool/info', macaroon: false },
  get('/v1/pool/accounts?active=true'),
  get('/v1/pool/accounts?active_only=perhaps'),
]

/** What an answer gives later rows a name for. */
export const REST_NAMES: Readonly<Record<string, string>> = { ask: 'restAsk', bid: 'restBid' }
