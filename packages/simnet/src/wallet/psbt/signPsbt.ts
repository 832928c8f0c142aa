import { Transaction, type Psbt } from 'bitcoinjs-lib'
import {
  concatBytes,
  derEncode,
  equalBytes,
  p2wpkhScript,
  pointFromSecret,
  signEcdsa,
  signSchnorr,
  tapLeafHash,
  tweakSecret,
} from '@tidepool/crypto'
import { hardened, locatorOfPath, parsePath, type KeyRing } from '../../keys/keyRing.ts'
import { LndRefusal } from '../../lndRefusal.ts'
import { taprootSecret } from '../addressBook.ts'
import type { SpentOutput } from '../signInput.ts'

type PsbtInput = Psbt['data']['inputs'][number]

/** Unknown input keys lnd reads: a tweak to add to the private key, and the double tweak of revocations. */
const SINGLE_TWEAK = 0x51
const DOUBLE_TWEAK = 0xd0
const WALLET_PURPOSES = [49, 84, 86].map(hardened)

/** Signs what it can by derivation data and passes over the rest in silence; tells which inputs it signed. */
export function signPsbt(ring: KeyRing, psbt: Psbt): readonly number[] {
  const tx = unsignedOf(psbt)
  const spent = psbt.data.inputs.map((input, index): SpentOutput => {
    if (input.witnessUtxo !== undefined) return input.witnessUtxo
    if (input.nonWitnessUtxo === undefined) {
      throw new LndRefusal(`input (index=${index}) doesn't specify any UTXO info`)
    }
    const out = Transaction.fromBuffer(input.nonWitnessUtxo).outs[tx.ins[index]?.index ?? 0]
    return out ?? { value: 0n, script: new Uint8Array() }
  })
  return psbt.data.inputs.flatMap((input, index) => {
    const secret = secretFor(ring, input)
    if (secret === undefined) return []
    const signing = { psbt, tx, index, input, spent, secret }
    if (spent[index]?.script[0] === 0x51) signTaproot(signing)
    else signV0(signing)
    return [index]
  })
}

interface Signing {
  readonly psbt: Psbt
  readonly tx: Transaction
  readonly index: number
  readonly input: PsbtInput
  readonly spent: readonly SpentOutput[]
  readonly secret: Uint8Array
}

/** Undefined without a first derivation entry that leads to the very key it names. */
function secretFor(ring: KeyRing, input: PsbtInput): Uint8Array | undefined {
  const derivation = input.bip32Derivation?.[0]
  if (input.finalScriptWitness !== undefined || derivation === undefined) return undefined
  const path = parsePath(derivation.path)
  const known = path !== undefined && (locatorOfPath(path) !== undefined || isWalletPath(path))
  if (!known) return undefined
  const secret = ring.secretAt(path)
  if (!equalBytes(pointFromSecret(secret), derivation.pubkey)) return undefined
  const tweak = input.unknownKeyVals?.find(({ key }) => key.length === 1 && key[0] === SINGLE_TWEAK)
  if (input.unknownKeyVals?.some(({ key }) => key.length === 1 && key[0] === DOUBLE_TWEAK) === true) {
    throw new LndRefusal('double tweaks in PSBTs are not simulated', 12)
  }
  return tweak === undefined ? secret : tweakSecret(secret, tweak.value)
}

function isWalletPath(path: readonly number[]): boolean {
  const [purpose = 0, coin] = path
  return path.length === 5 && WALLET_PURPOSES.includes(purpose) && coin === hardened(0)
}

/** Filed under the tweaked key, with the sighash byte. */
function signV0({ psbt, tx, index, input, spent, secret }: Signing): void {
  const output = spent[index]
  const script = output?.script ?? new Uint8Array()
  const code = script.length === 22 ? keyHashCode(script) : (input.witnessScript ?? nestedCode(secret))
  const hashType = input.sighashType ?? 0
  const digest = tx.hashForWitnessV0(index, code, output?.value ?? 0n, hashType)
  const signature = concatBytes(derEncode(signEcdsa(digest, secret)), Uint8Array.of(hashType))
  psbt.data.updateInput(index, { partialSig: [{ pubkey: pointFromSecret(secret), signature }] })
}

const keyHashCode = (script: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(0x76, 0xa9, 0x14), script.subarray(2), Uint8Array.of(0x88, 0xac))
const nestedCode = (secret: Uint8Array): Uint8Array => keyHashCode(p2wpkhScript(pointFromSecret(secret)))

/** One leaf hash: script path. None: key path, with the Merkle root when there is one. */
function signTaproot({ psbt, tx, index, input, spent, secret }: Signing): void {
  const derivation = input.tapBip32Derivation?.[0]
  if (derivation === undefined) {
    throw new LndRefusal('error signing PSBT: cannot sign for taproot input without taproot BIP0032 derivation info')
  }
  const scripts = spent.map((output) => output.script)
  const values = spent.map((output) => output.value)
  const hashType = input.sighashType ?? 0
  if (derivation.leafHashes.length === 0) {
    const key = taprootSecret(secret, pointFromSecret(secret), input.tapMerkleRoot)
    const tapKeySig = signSchnorr(tx.hashForWitnessV1(index, scripts, values, hashType), key)
    return void psbt.data.updateInput(index, { tapKeySig })
  }
  const leaf = input.tapLeafScript?.[0]
  if (leaf === undefined) {
    throw new LndRefusal(
      'error signing PSBT: specified leaf hash in taproot BIP0032 derivation but missing taproot leaf script',
    )
  }
  const leafHash = tapLeafHash(leaf.script)
  const signature = signSchnorr(tx.hashForWitnessV1(index, scripts, values, hashType, leafHash), secret)
  psbt.data.updateInput(index, { tapScriptSig: [{ pubkey: derivation.pubkey, leafHash, signature }] })
}

/** The transaction inside, without signatures. */
export function unsignedOf(psbt: Psbt): Transaction {
  return Transaction.fromBuffer(psbt.data.globalMap.unsignedTx.toBuffer())
}
