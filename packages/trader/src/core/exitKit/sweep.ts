import {
  concatBytes,
  dustLimit,
  encodePsbt,
  encodeTx,
  estimateWeight,
  expiryWitnessSize,
  feeForWeight,
  fromHex,
  outputSize,
  satPerKWeight,
  satoshi,
  tapLeafHash,
  toHex,
} from '@tidepool/crypto'
import type { AccountOutput, PsbtField, Satoshi, Transaction } from '@tidepool/crypto'
import { ACCOUNT_KEY_FAMILY } from '../account.ts'
import type { FundedAccount } from '../account.ts'

/** Fee rates a kit is made for, in sat/vByte; who uses it chooses. */
export const KIT_FEE_RATES = [1, 2, 5, 10, 25, 50, 100, 250, 500] as const

/** The account's output, all of it to one address of the owner, at one fee rate. */
export interface Sweep {
  readonly satPerVByte: number
  readonly fee: Satoshi
  readonly value: Satoshi
  readonly transaction: Transaction
}

/** Replaceable, and bound by its lock time. */
const SEQUENCE = 0xffff_fffd
const SIGHASH = { p2wsh: 1, p2tr: 0 } as const

/** One for each fee rate that leaves more than dust. */
export function sweepsOf(account: FundedAccount, script: Uint8Array): readonly Sweep[] {
  const size = estimateWeight({
    inputs: [{ witness: expiryWitnessSize(account.version) }],
    outputs: [outputSize(script)],
  })
  return KIT_FEE_RATES.flatMap((satPerVByte) => {
    const fee = feeForWeight(satPerKWeight(Math.max(253, satPerVByte * 250)), size)
    if (account.value - fee < dustLimit(script)) return []
    const value = satoshi(account.value - fee)
    const input = { prevout: account.outpoint, scriptSig: new Uint8Array(), sequence: SEQUENCE, witness: [] }
    const transaction = { version: 2, inputs: [input], outputs: [{ value, script }], lockTime: account.expiry }
    return [{ satPerVByte, fee, value, transaction }]
  })
}

/** The script that lnd signs for. */
export const signedScript = (output: AccountOutput): Uint8Array =>
  output.kind === 'p2wsh' ? output.witnessScript : output.leafScript

/** What lnd's REST interface takes at `/v2/signer/signraw`; bytes are base64, 64-bit numbers text. */
export function signRequest(account: FundedAccount, output: AccountOutput, { transaction }: Sweep): object {
  const spent = { value: String(account.value), pk_script: base64(output.script) }
  return {
    raw_tx_bytes: base64(encodeTx(transaction, { witness: false })),
    sign_descs: [
      {
        key_desc: {
          raw_key_bytes: base64(fromHex(account.key)),
          key_loc: { key_family: ACCOUNT_KEY_FAMILY, key_index: account.keyIndex },
        },
        single_tweak: base64(output.traderTweak),
        witness_script: base64(signedScript(output)),
        output: spent,
        sighash: SIGHASH[output.kind],
        input_index: 0,
        sign_method: output.kind === 'p2wsh' ? 'SIGN_METHOD_WITNESS_V0' : 'SIGN_METHOD_TAPROOT_SCRIPT_SPEND',
      },
    ],
    prev_outputs: [spent],
  }
}

/** Everything of the signed transaction before its witness, as hex; the lock time follows the witness. BIP-144 */
export function signedPrefix({ transaction }: Sweep): string {
  const bare = toHex(encodeTx(transaction, { witness: false }))
  const version = bare.slice(0, 8)
  return `${version}0001${bare.slice(8, -8)}`
}

/** As hex, to be put behind the witness. */
export const lockTimeHex = ({ transaction }: Sweep): string => toHex(uint32(transaction.lockTime))

/** For those who sign elsewhere (BIP-174, BIP-371); field 0x51 is lnd's name for the tweak. */
export function sweepPsbt(account: FundedAccount, output: AccountOutput, sweep: Sweep, coinType: number): string {
  const path = keyPath(account.keyIndex, coinType)
  const common = [
    field(0x01, concatBytes(uint64(account.value), Uint8Array.of(output.script.length), output.script)),
    field(0x03, uint32(SIGHASH[output.kind])),
  ]
  const plain = [field(0x06, path, fromHex(account.key)), field(0x51, output.traderTweak)]
  const input = [...common, ...(output.kind === 'p2wsh' ? [field(0x05, output.witnessScript)] : []), ...plain]
  if (output.kind === 'p2tr') {
    const leaf = concatBytes(Uint8Array.of(1), tapLeafHash(output.leafScript), path)
    input.push(field(0x15, concatBytes(output.leafScript, Uint8Array.of(0xc0)), output.controlBlock))
    input.push(field(0x16, leaf, fromHex(account.key).subarray(1)))
    input.push(field(0x17, output.internalKey), field(0x18, output.merkleRoot))
  }
  return base64(encodePsbt({ unsigned: sweep.transaction, inputs: [input], outputs: [[]] }))
}

/** `m/1017'/coin'/220'/0/index`; lnd/keychain. */
export const derivationPath = (keyIndex: number, coinType: number): string =>
  `m/1017'/${coinType}'/${ACCOUNT_KEY_FAMILY}'/0/${keyIndex}`

/** Fingerprint of the master key, which lnd does not tell and ignores, then the path. */
function keyPath(keyIndex: number, coinType: number): Uint8Array {
  const hardened = 0x8000_0000
  const steps = [1017 + hardened, coinType + hardened, ACCOUNT_KEY_FAMILY + hardened, 0, keyIndex]
  return concatBytes(new Uint8Array(4), ...steps.map(uint32))
}

function field(type: number, value: Uint8Array, keyData: Uint8Array = new Uint8Array()): PsbtField {
  return { key: concatBytes(Uint8Array.of(type), keyData), value }
}

function uint32(value: number): Uint8Array {
  const out = new Uint8Array(4)
  new DataView(out.buffer).setUint32(0, value, true)
  return out
}

function uint64(value: bigint): Uint8Array {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, value, true)
  return out
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** RFC 4648, padded. */
export function base64(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const signs = [18, 12, 6, 0].map((shift) => ALPHABET[(group >> shift) & 63] ?? '')
    out += signs.map((sign, place) => (i + place > bytes.length ? '=' : sign)).join('')
  }
  return out
}
