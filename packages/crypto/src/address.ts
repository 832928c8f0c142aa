import { Address, OutScript } from '@scure/btc-signer/payment.js'
import { NETWORK, TEST_NETWORK } from '@scure/btc-signer/utils.js'
import { ClmError } from './errors.ts'

/** Networks we run on; simnet is btcd's, not our simulated chain, which is a regtest. */
export type Network = 'mainnet' | 'testnet' | 'regtest' | 'simnet'

export type AddressErrorDetail =
  /** Text is no address of this network, or of a kind we cannot pay; trying again does not help. */
  { readonly code: 'BAD_ADDRESS'; readonly address: string; readonly network: Network }

export class AddressError extends ClmError<AddressErrorDetail> {}

const PARAMETERS = {
  mainnet: NETWORK,
  testnet: TEST_NETWORK,
  regtest: { ...TEST_NETWORK, bech32: 'bcrt' },
  simnet: { bech32: 'sb', pubKeyHash: 0x3f, scriptHash: 0x7b, wif: 0x64 },
} as const

/** scriptPubKey of an address. @throws AddressError BAD_ADDRESS */
export function addressToScript(address: string, network: Network): Uint8Array {
  try {
    return OutScript.encode(Address(PARAMETERS[network]).decode(address))
  } catch (cause) {
    const message = `no ${network} address we can pay: check the text and the network`
    throw new AddressError({ code: 'BAD_ADDRESS', address, network }, message, { cause })
  }
}

/** Address of a scriptPubKey, or undefined when it has none. */
export function scriptToAddress(script: Uint8Array, network: Network): string | undefined {
  try {
    return Address(PARAMETERS[network]).encode(OutScript.decode(script))
  } catch {
    return undefined
  }
}
