import {
  SecretNonce,
  aggregateKeys,
  blockCount,
  derEncode,
  fromHex,
  satoshi,
  signEcdsa,
  signPartial,
  startSession,
  tweakSecret,
} from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { BatchProposal, SignRequest } from '@tidepool/market'
import { openStore } from '@tidepool/store'
import type { Store } from '@tidepool/store'
import { StoreAdapter } from '../../src/adapters/store/traderStore.ts'
import { BatchRunner } from '../../src/app/batchRunner.ts'
import type { CrashPoint } from '../../src/app/crashPoints.ts'
import { Funding } from '../../src/app/funding/funding.ts'
import { Ledger } from '../../src/app/ledger.ts'
import type { TraderAccount } from '../../src/core/account.ts'
import { BACKUP_KEY } from '../../src/core/channelBackup.ts'
import type { ChannelShim } from '../../src/core/channelShim.ts'
import type { SignResult } from '../../src/core/sign/signReply.ts'
import type { SignInput, Signer } from '../../src/ports/wallet.ts'
import { storedAccount, validCase } from '../support/acceptedBase.ts'
import { proposalFromJson } from '../support/proposalJson.ts'
import { signCases, signRequest } from '../support/signCase.ts'
import type { SignCase } from '../support/signCase.ts'
import { ownRecords } from '../support/verifyCase.ts'
import { Crashed, silent } from './bench.ts'
import { FakeAuctioneer, FakeStream, TERMS } from './fakeAuctioneer.ts'
import { FakeChannels } from './fakeChannels.ts'
import { FakeChain } from './fakeChain.ts'
import { FakeClock } from './fakeClock.ts'
import { FakeWallet } from './fakeWallet.ts'
import { fundingTx } from './samples.ts'

/** An lnd where every channel of a batch comes about as soon as it is prepared. */
class WillingChannels extends FakeChannels {
  override async registerShim(shim: ChannelShim): Promise<'registered' | 'taken'> {
    this.shims.push(shim)
    return super.registerShim(shim)
  }
  readonly shims: ChannelShim[] = []
}

/** Signs with the secret keys and nonces of the vectors. */
class VectorSigner implements Signer {
  readonly #case: SignCase
  constructor(signCase: SignCase) {
    this.#case = signCase
  }

  async sign({ task }: SignInput): Promise<SignResult> {
    const { accountKey } = task
    const secret = fromHex(storedAccount(this.#case.base, accountKey).trader_private_key, 32)
    if (task.kind === 'ecdsa') {
      return {
        kind: 'ecdsa',
        accountKey,
        signature: derEncode(signEcdsa(task.digest, tweakSecret(secret, task.tweak))),
      }
    }
    const recorded = this.#case.accounts.find((account) => account.trader_key === accountKey)
    const nonce = fromHex(recorded?.trader_nonces ?? '')
    const key = aggregateKeys(task.version, task.keys, { kind: 'root', merkleRoot: task.merkleRoot })
    const session = startSession({ key, message: task.digest, publicNonces: [task.serverNonce, nonce] })
    const secretNonce = new SecretNonce(fromHex(recorded?.trader_sec_nonces ?? ''), accountKey)
    return { kind: 'musig2', accountKey, nonce, partialSignature: signPartial(session, secretNonce, secret) }
  }
}

/** One batch of the vectors, and the world of a trader who takes part in it. */
export class BatchBench {
  readonly signCase: SignCase
  readonly proposal: BatchProposal
  readonly request: SignRequest
  readonly auctioneer = new FakeAuctioneer()
  readonly channels = new WillingChannels()
  readonly wallet = new FakeWallet()
  readonly clock = new FakeClock()
  readonly chain = new FakeChain()
  readonly followed: AccountKey[] = []
  /** Accounts their owner is changing. */
  readonly changing = new Set<AccountKey>()
  #store: Promise<Store> | undefined

  constructor(base: string) {
    const found = signCases().find((one) => one.base === base)
    if (found === undefined) throw new Error(`no case ${base}`)
    this.signCase = found
    this.proposal = proposalFromJson(validCase(base).prepare_json)
    this.request = withFee(signRequest(found.sign_begin_hex), this.proposal, found)
  }

  /** One run of the daemon on the same store and the same lnd. */
  async run(options: { readonly crashAt?: CrashPoint } = {}) {
    const records = ownRecords(validCase(this.signCase.base))
    const first = this.#store === undefined
    this.#store ??= openStore({ engine: 'memory' })
    const ledger = await Ledger.open(new StoreAdapter(await this.#store))
    if (first) await this.#fill(ledger)
    this.channels.backupKey = await this.wallet.keyAt(BACKUP_KEY)
    const { auctioneer, channels, wallet, clock } = this
    const node = { nodeKey: records.nodeKey, addresses: ['127.0.0.1:9735'] }
    const funding = new Funding(
      { newNodesOnly: false, stepTimeoutMs: 15_000 },
      { channels, wallet, clock, logger: silent, node },
    )
    void funding.run(new AbortController().signal)
    const { nodeKey, batchVersion, limits } = records
    let dead = false
    const runner = new BatchRunner(
      { nodeKey, batchVersion, limits },
      {
        ...{ ledger, funding, auctioneer, clock, logger: silent },
        signer: new VectorSigner(this.signCase),
        chain: this.chain,
        changing: () => this.changing,
        height: { best: records.bestHeight, passed: () => Promise.resolve(true) },
        crash: (point) => {
          if (point !== options.crashAt) return
          dead = true
          throw new Crashed(point)
        },
        followAccount: async (key) => void this.followed.push(key),
      },
    )
    const stream = new FakeStream()
    stream.autoAnswer = false
    await runner.start()
    await runner.connected({ ...TERMS, autoRenewExtension: blockCount(52_560) })
    return {
      ...{ ledger, runner, stream },
      prepare: async (proposal = this.proposal) => {
        if (!dead) await runner.handle({ kind: 'prepare', proposal }, stream)
      },
      signBegin: async (request = this.request) => {
        if (!dead) await runner.handle({ kind: 'signBegin', request }, stream)
      },
      /** The makers open what we registered for. */
      makersOpen: () => this.#makersOpen(),
    }
  }

  #makersOpen(): void {
    for (const shim of this.channels.shims.splice(0)) {
      const match = this.proposal.matches.find(({ counterpart }) => counterpart.multiSigKey === shim.remoteKey)
      if (match !== undefined)
        this.channels.becomePending(shim, match.counterpart.nodeKey, false, shim.thawHeight > 100_000)
    }
  }

  async #fill(ledger: Ledger): Promise<void> {
    const { orders, accounts } = ownRecords(validCase(this.signCase.base))
    let keyIndex = 0
    for (const { account, state } of accounts.values()) {
      const rest = { keyIndex: keyIndex++, heightHint: account.expiry, latestTx: fundingTx() }
      await ledger.commit({ kind: 'account', account: { ...account, ...rest, kind: state } as TraderAccount })
    }
    let sequence = 0
    for (const own of orders.values()) {
      const rest = { preimage: new Uint8Array(32), fundingKeyIndex: sequence, sequence: sequence++, events: [] }
      await ledger.commit({ kind: 'order', record: { ...own, ...rest } })
    }
  }
}

/** The vectors' foreign inputs are worth too little for any fee, which we refuse (V-12): one of them gets more. */
function withFee(request: SignRequest, proposal: BatchProposal, signCase: SignCase): SignRequest {
  const own = new Set(signCase.accounts.map((account) => account.input_index))
  const foreign = proposal.transaction.inputs.findIndex((_, index) => !own.has(index))
  const prevOutputs = request.prevOutputs.map((output, index) =>
    index === foreign ? { ...output, value: satoshi(output.value + 1_000_000_000n) } : output,
  )
  return { ...request, prevOutputs }
}

/** Batches that are not a sidecar's: those need a ticket, which this daemon does not know yet. */
export const plainSignCases = (): readonly SignCase[] =>
  signCases().filter(({ base }) => !validCase(base).orders.some((order) => order.is_sidecar === true))
