import {
  accountSecret,
  aggregateKeys,
  MUSIG2_VERSION_OF_ACCOUNT,
  blockHeight,
  combinePartials,
  decodeTx,
  derEncode,
  encodeTx,
  equalBytes,
  fromHex,
  generateNonce,
  outPoint,
  pointFromSecret,
  pubKey,
  satPerKWeight,
  satoshi,
  sha256,
  SighashCache,
  signEcdsa,
  signPartial,
  startSession,
  toHex,
  tweakSecret,
  txidOf,
} from '@tidepool/crypto'
import type { BlockHeight, OutPoint, SecretNonce, Transaction, TxOutput } from '@tidepool/crypto'
import type { ChainWatcher, Watch } from '../src/ports/chain.ts'
import type { Clock, Entropy, Logger } from '../src/ports/system.ts'
import type { KeyLocator, LocatedKey, MuSig2Session, Signer, Wallet } from '../src/ports/wallet.ts'

/** Numbers from a seed instead of a random source. */
export class SeededEntropy implements Entropy {
  #counter = 0
  readonly #seed: string

  constructor(seed: string) {
    this.#seed = seed
  }

  bytes(length: number): Uint8Array {
    this.#counter += 1
    const out = new Uint8Array(length)
    for (let at = 0; at < length; at += 32) {
      out.set(sha256(Buffer.from(`${this.#seed}/${this.#counter}/${at}`)).subarray(0, length - at), at)
    }
    return out
  }
}

/** Time stands still until it is moved. */
export class FakeClock implements Clock {
  #now = 1_800_000_000_000
  #timers: { readonly at: number; readonly run: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  advance(ms: number): void {
    this.#now += ms
    const due = this.#timers.filter(({ at }) => at <= this.#now)
    this.#timers = this.#timers.filter(({ at }) => at > this.#now)
    for (const { run } of due) run()
  }
}

export const quietLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Lines at warn and above, for tests that expect or forbid them. */
export function recordingLogger(lines: string[]): Logger {
  const take = (message: string, fields?: unknown): void => {
    lines.push(
      `${message} ${fields === undefined ? '' : JSON.stringify(fields, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v instanceof Error ? v.message : v))}`,
    )
  }
  return { debug: () => {}, info: () => {}, warn: take, error: take }
}

interface Confirmed {
  readonly transaction: Transaction
  readonly height: number
}

/** A chain of transactions: a mempool, blocks, and the watches of lnd's notifier. */
export class FakeChain implements ChainWatcher {
  readonly mempool = new Map<string, Transaction>()
  readonly confirmed = new Map<string, Confirmed>()
  #height = 1000
  readonly #blocks = new Set<(height: BlockHeight) => void>()
  readonly #checks = new Set<() => void>()

  bestHeight(): BlockHeight {
    return blockHeight(this.#height)
  }

  onBlock(handler: (height: BlockHeight) => void): Watch {
    this.#blocks.add(handler)
    return { cancel: () => this.#blocks.delete(handler) }
  }

  /** As nodes do: a known transaction is fine, a spent or unknown-signed one is the caller's problem. */
  broadcast(transaction: Transaction): void {
    const id = txidOf(transaction)
    if (!this.confirmed.has(id)) this.mempool.set(id, transaction)
  }

  mine(blocks = 1): void {
    for (let i = 0; i < blocks; i++) {
      this.#height += 1
      for (const [id, transaction] of this.mempool) this.confirmed.set(id, { transaction, height: this.#height })
      this.mempool.clear()
      for (const check of [...this.#checks]) check()
      for (const handler of [...this.#blocks]) handler(this.bestHeight())
    }
  }

  /** A transaction gets into a block of its own, whatever the mempool holds; what conflicts with it is dropped. */
  confirm(transaction: Transaction): void {
    const lost = [...this.mempool].filter(([, other]) => conflicts(other, transaction)).map(([id]) => id)
    for (const id of lost) {
      this.mempool.delete(id)
      for (const [child, { inputs }] of this.mempool) {
        if (inputs.some(({ prevout }) => prevout.txid === id)) lost.push(child)
      }
    }
    const others = new Map(this.mempool)
    this.mempool.clear()
    this.mempool.set(txidOf(transaction), transaction)
    this.mine()
    for (const [id, other] of others) this.mempool.set(id, other)
  }

  /** A confirmed transaction spends one of its inputs, or a transaction it builds on is nowhere. */
  refuses(transaction: Transaction): boolean {
    const known = (id: string): boolean => this.confirmed.has(id) || this.mempool.has(id)
    const ruledOut = [...this.confirmed.values()].some(
      ({ transaction: other }) => txidOf(other) !== txidOf(transaction) && conflicts(other, transaction),
    )
    return (
      ruledOut ||
      !transaction.inputs.every(
        ({ prevout, witness }) => (witness.length === 1 && witness[0]?.length === 1) || known(prevout.txid),
      )
    )
  }

  watchConfirmation(
    request: Parameters<ChainWatcher['watchConfirmation']>[0],
    handler: Parameters<ChainWatcher['watchConfirmation']>[1],
  ): Watch {
    return this.#check(() => {
      const found = this.confirmed.get(request.txid)
      if (found === undefined || this.#height - found.height + 1 < request.confirmations) return undefined
      if (!found.transaction.outputs.some(({ script }) => equalBytes(script, request.script))) return undefined
      const transaction = encodeTx(found.transaction, { witness: true })
      return () => handler.confirmed({ transaction, height: blockHeight(found.height) })
    }, handler)
  }

  watchSpend(
    request: Parameters<ChainWatcher['watchSpend']>[0],
    handler: Parameters<ChainWatcher['watchSpend']>[1],
  ): Watch {
    return this.#check(() => {
      for (const { transaction, height } of this.confirmed.values()) {
        const inputIndex = transaction.inputs.findIndex(({ prevout }) => same(prevout, request.outpoint))
        if (inputIndex === -1) continue
        const raw = encodeTx(transaction, { witness: true })
        return () => handler.spent({ transaction: raw, inputIndex, height: blockHeight(height) })
      }
      return undefined
    }, handler)
  }

  /** Blocks from the tip down leave the chain; their transactions wait in the mempool, or are lost for good. */
  reorg(depth: number, lost = false): void {
    for (const [id, { transaction, height }] of [...this.confirmed]) {
      if (height <= this.#height - depth) continue
      this.confirmed.delete(id)
      if (!lost) this.mempool.set(id, transaction)
    }
    this.#height -= depth
    for (const check of [...this.#checks]) check()
  }

  /** Whoever watches has died. */
  unwatched(): void {
    this.#blocks.clear()
    this.#checks.clear()
  }

  /** Tells once when something is there, and once when it is gone again. */
  #check(look: () => (() => void) | undefined, handler: { reorged(): void }): Watch {
    let told = false
    const check = (): void => {
      if (!this.#checks.has(check)) return
      const tell = look()
      if (tell !== undefined && !told) {
        told = true
        tell()
      } else if (tell === undefined && told) {
        told = false
        handler.reorged()
      }
    }
    this.#checks.add(check)
    queueMicrotask(check)
    return { cancel: () => this.#checks.delete(check) }
  }
}

const conflicts = (a: Transaction, b: Transaction): boolean =>
  a.inputs.some(({ prevout }) => b.inputs.some((input) => same(prevout, input.prevout)))

const same = (a: OutPoint, b: OutPoint): boolean => a.txid === b.txid && a.index === b.index

/** A transaction out of nowhere that pays the outputs. */
export function coinbase(outputs: readonly TxOutput[], salt: string): Transaction {
  const id = toHex(sha256(Buffer.from(salt)))
  const prevout = outPoint(id as OutPoint['txid'], 0)
  return {
    version: 2,
    lockTime: 0,
    outputs,
    inputs: [{ prevout, scriptSig: new Uint8Array(), sequence: 0, witness: [Uint8Array.of(1)] }],
  }
}

const secretOf = (seed: string, { family, index }: KeyLocator): Uint8Array =>
  sha256(Buffer.from(`${seed}/${family}/${index}`))

/** An lnd wallet and signer whose keys come from a seed. */
export class FakeLnd implements Wallet, Signer {
  readonly published: Transaction[] = []
  readonly openSessions = new Map<
    string,
    {
      readonly nonce: SecretNonce
      readonly publicNonce: Uint8Array
      readonly request: Parameters<Signer['beginMuSig2']>[0]
      traderNonce?: Uint8Array
    }
  >()
  publishError: Error | undefined
  sendError: Error | undefined
  signError: Error | undefined
  nonceError: Error | undefined
  /** Sessions given up. */
  dropped = 0
  /** While it is set no session is ready before it. */
  opening: Promise<void> | undefined
  feeRate = satPerKWeight(253)
  readonly #seed: string
  readonly #chain: FakeChain
  readonly #entropy: Entropy

  constructor(seed: string, chain: FakeChain, entropy: Entropy) {
    this.#seed = seed
    this.#chain = chain
    this.#entropy = entropy
  }

  deriveKey(locator: KeyLocator): Promise<LocatedKey> {
    return Promise.resolve({ key: pubKey(pointFromSecret(secretOf(this.#seed, locator))), locator })
  }

  sharedSecret(locator: KeyLocator, peer: Parameters<Wallet['sharedSecret']>[1]): Promise<Uint8Array> {
    return Promise.resolve(accountSecret(secretOf(this.#seed, locator), peer))
  }

  estimateFeeRate(): Promise<ReturnType<typeof satPerKWeight>> {
    return Promise.resolve(this.feeRate)
  }

  sendOutput(output: TxOutput, _rate: unknown, label: string): Promise<Uint8Array> {
    if (this.sendError !== undefined) return Promise.reject(this.sendError)
    const transaction = coinbase([output], label)
    this.#chain.broadcast(transaction)
    return Promise.resolve(encodeTx(transaction, { witness: true }))
  }

  findPayment(output: TxOutput): Promise<Uint8Array | undefined> {
    const known = [...this.#chain.mempool.values(), ...[...this.#chain.confirmed.values()].map((c) => c.transaction)]
    const found = known.find(({ outputs }) =>
      outputs.some((o) => o.value === output.value && equalBytes(o.script, output.script)),
    )
    return Promise.resolve(found === undefined ? undefined : encodeTx(found, { witness: true }))
  }

  publish(transaction: Uint8Array): Promise<void> {
    if (this.publishError !== undefined) return Promise.reject(this.publishError)
    if (this.#chain.refuses(decodeTx(transaction))) return Promise.reject(new Error('output already spent'))
    this.published.push(decodeTx(transaction))
    this.#chain.broadcast(decodeTx(transaction))
    return Promise.resolve()
  }

  balance(): Promise<ReturnType<typeof satoshi>> {
    return Promise.resolve(satoshi(100_000_000))
  }

  signEcdsa(request: Parameters<Signer['signEcdsa']>[0]): Promise<Uint8Array> {
    if (this.signError !== undefined) return Promise.reject(this.signError)
    const prevOutputs: (TxOutput | undefined)[] = []
    prevOutputs[request.inputIndex] = request.output
    const cache = new SighashCache(request.transaction, prevOutputs)
    const digest = cache.segwitV0(request.inputIndex, request.witnessScript)
    const secret = tweakSecret(secretOf(this.#seed, request.key.locator), request.tweak)
    return Promise.resolve(derEncode(signEcdsa(digest, secret)))
  }

  async beginMuSig2(request: Parameters<Signer['beginMuSig2']>[0]): Promise<MuSig2Session> {
    await this.opening
    const { secretNonce, publicNonce } = generateNonce(this.#entropy.bytes(32), { publicKey: request.key.key })
    const id = this.#entropy.bytes(32)
    this.openSessions.set(toHex(id), { nonce: secretNonce, publicNonce, request })
    return { id, publicNonce }
  }

  signMuSig2(session: MuSig2Session, traderNonce: Uint8Array, digest: Uint8Array): Promise<Uint8Array> {
    if (this.signError !== undefined) return this.#failed(session, this.signError)
    const open = this.openSessions.get(toHex(session.id))
    if (open === undefined) return Promise.reject(new Error('session with ID not found'))
    this.openSessions.delete(toHex(session.id))
    const { request } = open
    const key = aggregateKeys(MUSIG2_VERSION_OF_ACCOUNT[request.version], request.signers, {
      kind: 'root',
      merkleRoot: request.scriptRoot,
    })
    const joint = startSession({ key, message: digest, publicNonces: [open.publicNonce, traderNonce] })
    return Promise.resolve(signPartial(joint, open.nonce, secretOf(this.#seed, request.key.locator)))
  }

  registerNonce(session: MuSig2Session, traderNonce: Uint8Array): Promise<void> {
    const open = this.openSessions.get(toHex(session.id))
    if (open === undefined) return Promise.reject(new Error('session with ID not found'))
    if (this.nonceError !== undefined) return Promise.reject(this.nonceError)
    open.traderNonce = traderNonce
    return Promise.resolve()
  }

  finishMuSig2(
    session: MuSig2Session,
    traderHalf: Uint8Array,
    { message: digest }: Parameters<Signer['finishMuSig2']>[2],
  ): Promise<Uint8Array> {
    if (this.signError !== undefined) return this.#failed(session, this.signError)
    const open = this.openSessions.get(toHex(session.id))
    if (open?.traderNonce === undefined) return Promise.reject(new Error('need at least two nonces'))
    this.openSessions.delete(toHex(session.id))
    const { request, publicNonce, traderNonce } = open
    const key = aggregateKeys(MUSIG2_VERSION_OF_ACCOUNT[request.version], request.signers, {
      kind: 'root',
      merkleRoot: request.scriptRoot,
    })
    const joint = startSession({ key, message: digest, publicNonces: [publicNonce, traderNonce] })
    const own = signPartial(joint, open.nonce, secretOf(this.#seed, request.key.locator))
    return Promise.resolve(combinePartials(joint, [own, traderHalf]))
  }

  /** As the adapter: a session that failed is dropped. */
  async #failed(session: MuSig2Session, error: Error): Promise<never> {
    await this.dropMuSig2(session)
    throw error
  }

  dropMuSig2(session: MuSig2Session): Promise<void> {
    this.dropped++
    this.openSessions.delete(toHex(session.id))
    return Promise.resolve()
  }
}

export const hex = fromHex

/** Lets everything that is ready run. */
export async function settle(rounds = 50): Promise<void> {
  for (let i = 0; i < rounds; i++) await new Promise((resolve) => setImmediate(resolve))
}
