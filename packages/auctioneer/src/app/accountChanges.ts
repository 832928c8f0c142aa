import { withSighashAll } from '@tidepool/crypto'
import type { AccountKey } from '@tidepool/crypto'
import type { ModifyRequest } from '@tidepool/market'
import { changeSigning, foreignTo, judgeChange, verifyOwnHalf, withChange } from '../core/accountChange.ts'
import type { ChangeSigning, JudgedChange } from '../core/accountChange.ts'
import type { AccountRecord } from '../core/account.ts'
import { noteStep } from '../core/accountHistory.ts'
import { stepAccount } from '../core/accountLifecycle.ts'
import { AuctioneerError } from '../core/errors.ts'
import type { ChainWatcher } from '../ports/chain.ts'
import type { Logger } from '../ports/system.ts'
import type { LocatedKey, MuSig2Session, Signer } from '../ports/wallet.ts'
import type { AccountLifecycle } from './accountLifecycle.ts'
import type { Ledger } from './ledger.ts'
import type { AuctioneerOptions } from './options.ts'
import type { SessionRegistry } from './sessionRegistry.ts'

/** Our half of a change, as the reply carries it. */
export interface ChangeReply {
  /** Version 0: DER and the sighash byte, fit for the witness as it is. Taproot: 32 bytes. */
  readonly signature: Uint8Array
  /** 66 bytes; empty for version 0. */
  readonly serverNonces: Uint8Array
}

interface Modules {
  readonly ledger: Ledger
  readonly chain: ChainWatcher
  readonly signer: Signer
  readonly registry: SessionRegistry
  readonly lifecycle: AccountLifecycle
  readonly key: LocatedKey
  /** In a proposal that is being made. */
  readonly inBatch: (key: AccountKey) => boolean
  readonly logger: Logger
}

/**
 * Changes of accounts and their cooperative closes. Judge, store, sign, in this order and one at a time: a signature
 * cannot be called back, so what it allows is durable before it exists.
 */
export class AccountChangeService {
  readonly #options: AuctioneerOptions
  readonly #modules: Modules

  constructor(options: AuctioneerOptions, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  /**
   * Without tokens who one is is one's connection: an account with a live subscription is changed only from that one.
   * @throws AuctioneerError, AccountChangeError, AccountError, AccountScriptError, LndError
   */
  async modify(request: ModifyRequest, peer: string): Promise<ChangeReply> {
    const { ledger, lifecycle, logger } = this.#modules
    const { reply, txid, kind } = await ledger.exclusively(() => this.#change(request, peer))
    lifecycle.follow(request.traderKey)
    logger.info('account change signed', { accountKey: request.traderKey, kind, txid })
    return reply
  }

  async #change(
    request: ModifyRequest,
    peer: string,
  ): Promise<Pick<JudgedChange['signed'], 'txid' | 'kind'> & { reply: ChangeReply }> {
    const record = this.#record(request.traderKey)
    this.#checkPeer(request.traderKey, peer)
    const judged = this.#judge(record, request)
    const signing = changeSigning(record, judged.checked)
    // lnd is asked for the session first: should it be down, nothing has happened.
    const session = await this.#begin(record, signing)
    try {
      await this.#remember(record, judged)
      const reply = await this.#sign(record, judged, signing, session, request.traderNonces)
      return { reply, txid: judged.signed.txid, kind: judged.signed.kind }
    } catch (error) {
      if (session !== undefined) await this.#modules.signer.dropMuSig2(session)
      await this.#withhold(record, judged)
      throw error
    }
  }

  #record(accountKey: AccountKey): AccountRecord {
    const record = this.#modules.ledger.accounts.get(accountKey)
    if (record !== undefined) return record
    throw new AuctioneerError({ code: 'ACCOUNT_NOT_FOUND', accountKey }, 'no account has this key')
  }

  #checkPeer(accountKey: AccountKey, peer: string): void {
    const session = this.#modules.registry.sessionOf(accountKey)
    if (session === undefined || session.peer === peer) return
    throw new AuctioneerError(
      { code: 'ACCOUNT_ON_OTHER_CONNECTION', accountKey },
      'another connection is subscribed for this account: use that one, or end it',
    )
  }

  #judge(record: AccountRecord, request: ModifyRequest): JudgedChange {
    const { ledger, chain, inBatch } = this.#modules
    const { maxAccountValue, executionFee } = this.#options
    const { master } = ledger.auction
    const own = master === undefined || master.kind === 'funding' ? undefined : master.outpoint
    return judgeChange(record, request, {
      maxAccountValue,
      executionFee,
      bestHeight: chain.bestHeight(),
      orders: ledger.ordersOf(request.traderKey),
      inBatch: inBatch(request.traderKey),
      isForeign: foreignTo(record, ledger.accounts.values(), own),
    })
  }

  async #begin(record: AccountRecord, { output }: ChangeSigning): Promise<MuSig2Session | undefined> {
    if (output.kind === 'p2wsh') return undefined
    const { signer, key } = this.#modules
    const { auctioneerKey, key: traderKey } = record.account
    const { version, merkleRoot: scriptRoot } = output
    return signer.beginMuSig2({ version, key, signers: [auctioneerKey, traderKey], scriptRoot })
  }

  async #remember(record: AccountRecord, { signed }: JudgedChange): Promise<void> {
    const { ledger, chain } = this.#modules
    const { state } = stepAccount(record.state, { kind: 'modified' })
    const changed = withChange({ ...record, state }, signed)
    const noted = noteStep(changed, `${signed.kind} signed`, chain.bestHeight())
    await ledger.commit([
      { kind: 'account', record: noted.record },
      { kind: 'accountStep', step: noted.step },
    ])
  }

  async #sign(
    record: AccountRecord,
    { checked }: JudgedChange,
    signing: ChangeSigning,
    session: MuSig2Session | undefined,
    traderNonce: Uint8Array,
  ): Promise<ChangeReply> {
    const { signer, key } = this.#modules
    const { output, digest } = signing
    const { value } = record.account
    const signature =
      session === undefined && output.kind === 'p2wsh'
        ? await signer.signEcdsa({
            transaction: checked.transaction,
            inputIndex: checked.accountInput,
            output: { value, script: output.script },
            witnessScript: output.witnessScript,
            key,
            tweak: output.auctioneerTweak,
          })
        : await signer.signMuSig2(required(session), traderNonce, digest)
    const publicNonce = session?.publicNonce ?? new Uint8Array()
    if (!verifyOwnHalf(record, signing, { signature, publicNonce, traderNonce })) {
      throw new AuctioneerError(
        { code: 'CHANGE_NOT_SIGNED', accountKey: record.account.key },
        "the auctioneer's own signature is not valid: nothing was signed",
      )
    }
    return { signature: session === undefined ? withSighashAll(signature) : signature, serverNonces: publicNonce }
  }

  /** No signature left us: a change that was not signed before either is forgotten again. */
  async #withhold(before: AccountRecord, { signed }: JudgedChange): Promise<void> {
    const { ledger, chain, logger } = this.#modules
    const now = ledger.accounts.get(before.account.key)
    const wasSigned = before.changes.some(({ txid }) => txid === signed.txid)
    if (now === undefined || wasSigned || !now.changes.some(({ txid }) => txid === signed.txid)) return
    const changes = now.changes.filter(({ txid }) => txid !== signed.txid)
    const state = changes.length > 0 ? now.state : stepAccount(now.state, { kind: 'withheld' }).state
    const noted = noteStep({ ...now, changes, state }, `${signed.kind} not signed`, chain.bestHeight())
    try {
      await ledger.commit([
        { kind: 'account', record: noted.record },
        { kind: 'accountStep', step: noted.step },
      ])
    } catch (error) {
      logger.error('a change that was not signed could not be forgotten', { accountKey: before.account.key, error })
    }
  }
}

function required(session: MuSig2Session | undefined): MuSig2Session {
  if (session === undefined) throw new Error('a taproot account has no signing session')
  return session
}
