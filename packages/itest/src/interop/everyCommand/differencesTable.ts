/** A difference between our daemon and the stock one that is meant. */
export interface Meant {
  /** In words, for docs/compatibility.md. */
  readonly where: string
  readonly reason: string
  /** Rows it shows in: titles of commands, or `VERB path`. */
  readonly row: RegExp
  /** Places in the answer; the whole of it when empty. */
  readonly path: RegExp
  /** The recordings show it too, so it is told there. */
  readonly elsewhere?: true
}

export const MEANT: readonly Meant[] = [
  {
    where: '`pool getinfo`, `GET /v1/pool/info`: `version`',
    reason: 'Our daemon has its own version.',
    row: /getinfo|\/info$/,
    path: /^answer\.(json\.)?version$/,
  },
  {
    where: 'REST: HTTP status of errors, and gRPC status',
    reason:
      'The stock daemon answers nearly every error with UNKNOWN, which is HTTP 500. Ours says what kind it is: 400 for a bad request, 401 and 403 for macaroons, 404 for what is not there. The shape is the same, nothing that works elsewhere fails.',
    row: /^(GET|POST|DELETE|PUT) /,
    path: /^status$/,
  },
  {
    where: '`pool accounts recover`, `POST /v1/pool/accounts/recover` with accounts that are there',
    reason: 'The stock daemon fails over accounts it is subscribed to; ours leaves them as they are and finds none.',
    row: /accounts recover( --account_target=\d+)?$|accounts\/recover/,
    path: /^(exit|failed|ok|status|answer(\.json)?)$/,
  },
  {
    where: '`pool auction leases`, `GET /v1/pool/leases`',
    reason: 'Chain fees are those paid, and the end of a script-enforced lease is the height agreed.',
    row: /auction leases|\/leases/,
    path: /leases\[\]\.(chain_fee_sat|channel_lease_expiry)$|total_amt_paid_sat$/,
    elsewhere: true,
  },
  {
    where: '`pool sidecar …`, `/v1/pool/sidecar/…`',
    reason: 'Our daemon has no sidecar channels yet: it says so, with UNIMPLEMENTED.',
    row: /^sidecar|sidecar\//,
    path: /^(exit|failed|answer\.(json|words))/,
  },
]

/** What is not compared: it would end or deafen the stock daemon, or is up to chance. */
export const NOT_COMPARED: readonly { readonly where: string; readonly reason: string }[] = [
  {
    where: '`pool auction leases --accounts` with an account that has no lease in a batch',
    reason: 'The stock daemon divides by zero and ends; ours answers without leases.',
  },
  {
    where: '`pool accounts recover` before the first account',
    reason:
      'The stock daemon takes the keys it tried for subscribed, so accounts opened with them later stay silent until it is started again; ours subscribes them.',
  },
  {
    where: '`pool accounts listfees`: renewals, and the amount of an opening',
    reason:
      'A renewal touches no coin of the wallet: lnd lists it until it is told of it again after its confirmation, which ours does with every block. Of an opening both daemons tell the first output, whichever it is.',
  },
]
