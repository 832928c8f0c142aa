import { accountOutput, encodeTx, formatOutPoint, scriptToAddress, toHex } from '@tidepool/crypto'
import type { AccountOutput, Network } from '@tidepool/crypto'
import { ACCOUNT_KEY_FAMILY } from '../account.ts'
import type { FundedAccount } from '../account.ts'
import { descriptorOf } from './descriptor.ts'
import { derivationPath, lockTimeHex, signRequest, signedPrefix, signedScript, sweepPsbt, sweepsOf } from './sweep.ts'
import type { Sweep } from './sweep.ts'
import type { KitFacts, KitSweep } from './exitFacts.ts'
import { exitScript } from './exitScript.ts'
import { exitText } from './exitText.ts'

/** The files of one account's kit. */
export interface ExitKit {
  readonly name: string
  readonly json: string
  readonly text: string
  readonly script: string
}

/** lnd counts every test network as one. */
const coinTypeOf = (network: Network): number => (network === 'mainnet' ? 0 : 1)

/** Everything it takes to sweep the account after its expiry with nothing but the owner's lnd. */
export function exitKit(account: FundedAccount, sweepScript: Uint8Array, network: Network): ExitKit {
  const { key: traderKey, ...rest } = account
  const output = accountOutput({ ...rest, traderKey })
  const facts = factsOf(account, output, sweepScript, network)
  const name = `exit-${traderKey.slice(0, 16)}-block-${account.expiry}`
  return { name, json: `${JSON.stringify(facts, null, 2)}\n`, text: exitText(facts, name), script: exitScript(facts) }
}

function factsOf(account: FundedAccount, output: AccountOutput, sweepScript: Uint8Array, network: Network): KitFacts {
  const { version, value, expiry, kind: state, keyIndex, batchKey, auctioneerKey } = account
  const coinType = coinTypeOf(network)
  return {
    about: 'Sweeps one account with the lnd it belongs to, from its expiry height on. Needs no other software.',
    network,
    account: { trader_key: account.key, version, state, value_sat: Number(value), expiry_height: expiry },
    output: {
      ...{ outpoint: formatOutPoint(account.outpoint), script: toHex(output.script) },
      ...{ address: scriptToAddress(output.script, network) ?? '', descriptor: descriptorOf(output, expiry) },
      ...scriptFacts(output),
    },
    key: {
      ...{ derivation_path: derivationPath(keyIndex, coinType), key_family: ACCOUNT_KEY_FAMILY, key_index: keyIndex },
      ...{ base_key: account.key, tweak: toHex(output.traderTweak), tweaked_key: output.tweakedTraderKey },
      ...{ auctioneer_key: auctioneerKey, batch_key: batchKey },
    },
    sweep_to: { address: scriptToAddress(sweepScript, network) ?? '', script: toHex(sweepScript) },
    witness: witnessFacts(output),
    sweeps: sweepsOf(account, sweepScript).map((sweep) => kitSweep(account, output, sweep, coinType)),
  }
}

const scriptFacts = (output: AccountOutput): Readonly<Record<string, string>> =>
  output.kind === 'p2wsh'
    ? { witness_script: toHex(output.witnessScript) }
    : {
        internal_key: toHex(output.internalKey),
        leaf_script: toHex(output.leafScript),
        merkle_root: toHex(output.merkleRoot),
        control_block: toHex(output.controlBlock),
      }

/** Version 0: nothing, signature, script. Taproot: signature, leaf, control block. */
function witnessFacts(output: AccountOutput): KitFacts['witness'] {
  const script = toHex(signedScript(output))
  // Both are far below the 253 bytes from which on a length takes more than one.
  const sized = (hex: string): string => `${(hex.length / 2).toString(16).padStart(2, '0')}${hex}`
  if (output.kind === 'p2wsh') return { before_signature: '0300', after_signature: sized(script), sighash_byte: '01' }
  const after = `${sized(script)}${sized(toHex(output.controlBlock))}`
  return { before_signature: '03', after_signature: after, sighash_byte: '' }
}

const kitSweep = (account: FundedAccount, output: AccountOutput, sweep: Sweep, coinType: number): KitSweep => ({
  sat_per_vbyte: sweep.satPerVByte,
  fee_sat: Number(sweep.fee),
  value_sat: Number(sweep.value),
  unsigned_tx: toHex(encodeTx(sweep.transaction, { witness: false })),
  psbt: sweepPsbt(account, output, sweep, coinType),
  sign_request: signRequest(account, output, sweep),
  tx_before_witness: signedPrefix(sweep),
  tx_after_witness: lockTimeHex(sweep),
})
