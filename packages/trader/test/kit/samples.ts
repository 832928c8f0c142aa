import {
  INITIAL_BATCH_KEY,
  accountKey,
  blockHeight,
  fromHex,
  nodeKey,
  orderNonce,
  pointFromSecret,
  pubKey,
  satoshi,
  sha256,
  txid,
} from '@tidepool/crypto'
import type { Transaction } from '@tidepool/crypto'
import type { LeasedChannel } from '../../src/core/channelShim.ts'
import type {
  AccountKind,
  FundedAccount,
  PendingChange,
  TraderAccount,
  UnfundedAccount,
} from '../../src/core/account.ts'
import { currentOutput } from '../../src/core/account.ts'

/** A secret key for a name. */
export const secretOf = (name: string): Uint8Array => sha256(new TextEncoder().encode(name))
export const keyOf = (name: string) => pubKey(pointFromSecret(secretOf(name)))

const unfunded: UnfundedAccount = {
  kind: 'initiated',
  key: accountKey(keyOf('trader')),
  keyIndex: 3,
  value: satoshi(1_000_000),
  expiry: blockHeight(3000),
  version: 2,
  auctioneerKey: keyOf('auctioneer'),
  batchKey: INITIAL_BATCH_KEY,
  secret: secretOf('shared'),
  heightHint: blockHeight(120),
}

/** A signed transaction with the account's output first. */
export function fundingTx(account: TraderAccount = unfunded): Transaction {
  return {
    version: 2,
    lockTime: 0,
    inputs: [
      {
        prevout: { txid: txid('11'.repeat(32)), index: 0 },
        scriptSig: new Uint8Array(),
        sequence: 0,
        witness: [fromHex('01')],
      },
    ],
    outputs: [currentOutput(account)],
  }
}

/** A change of the sample account. */
export const pendingChange = (): PendingChange => ({
  from: {
    outpoint: { txid: txid('22'.repeat(32)), index: 1 },
    ...{ value: unfunded.value, batchKey: unfunded.batchKey, expiry: unfunded.expiry, version: unfunded.version },
  },
  coins: [],
  label: 'a label',
})

const CHANGING: ReadonlySet<AccountKind> = new Set(['pendingUpdate', 'expiredPendingUpdate', 'pendingClosed'])

/** An account in any state. */
export function accountIn(kind: AccountKind): TraderAccount {
  if (kind === 'initiated' || kind === 'canceledAfterRecovery') return { ...unfunded, kind }
  const funded: FundedAccount = {
    ...unfunded,
    kind,
    outpoint: { txid: txid('22'.repeat(32)), index: 1 },
    latestTx: fundingTx(),
    ...(CHANGING.has(kind) ? { change: pendingChange() } : {}),
  }
  return funded
}

export const ACCOUNT_KINDS: readonly AccountKind[] = [
  'initiated',
  'pendingOpen',
  'pendingUpdate',
  'pendingBatch',
  'open',
  'expired',
  'expiredPendingUpdate',
  'pendingClosed',
  'closed',
  'canceledAfterRecovery',
]

/** A channel of a batch, script-enforced, from either side. */
export function leasedChannelAs(role: 'asker' | 'bidder', change: Partial<LeasedChannel> = {}): LeasedChannel {
  return {
    role,
    ownNonce: orderNonce('0a'.repeat(32)),
    counterpartNonce: orderNonce('0b'.repeat(32)),
    peer: nodeKey(keyOf('peer')),
    peerAddresses: [
      { network: 'tcp', addr: '10.0.0.1:9735' },
      { network: 'tcp', addr: '10.0.0.2:9735' },
    ],
    shim: {
      pendingChannelId: secretOf('pending channel'),
      capacity: satoshi(550_000),
      outpoint: { txid: txid('44'.repeat(32)), index: 2 },
      localKey: { key: keyOf('own funding'), family: 0, index: 4 },
      remoteKey: keyOf('remote funding'),
      thawHeight: 2136,
      musig2: false,
    },
    push: satoshi(50_000),
    commitment: 'scriptEnforcedLease',
    unannounced: false,
    zeroConf: false,
    ...change,
  }
}
