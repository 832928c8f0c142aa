/** The little of bitcore-lib 11 that the script check uses; its published types stop at 0.15. */
declare module 'bitcore-lib' {
  interface BitcoreScript {
    toHex(): string
  }
  interface BitcoreOutput {
    readonly satoshis: number
  }
  interface BitcoreInput {
    readonly script: BitcoreScript
    output: BitcoreOutput
    getWitnesses(): Buffer[]
  }
  class Transaction {
    constructor(hex: string)
    readonly inputs: BitcoreInput[]
    static readonly Output: new (fields: { satoshis: number; script: BitcoreScript }) => BitcoreOutput
  }
  interface BitcoreInterpreter {
    verify(
      scriptSig: BitcoreScript,
      scriptPubKey: BitcoreScript,
      tx: Transaction,
      index: number,
      flags: number,
      witness: Buffer[],
      satoshis: number,
    ): boolean
    errstr: string
  }
  type InterpreterFlag =
    | 'SCRIPT_VERIFY_P2SH'
    | 'SCRIPT_VERIFY_STRICTENC'
    | 'SCRIPT_VERIFY_DERSIG'
    | 'SCRIPT_VERIFY_LOW_S'
    | 'SCRIPT_VERIFY_NULLDUMMY'
    | 'SCRIPT_VERIFY_MINIMALDATA'
    | 'SCRIPT_VERIFY_CHECKLOCKTIMEVERIFY'
    | 'SCRIPT_VERIFY_CHECKSEQUENCEVERIFY'
    | 'SCRIPT_VERIFY_WITNESS'
    | 'SCRIPT_VERIFY_NULLFAIL'
    | 'SCRIPT_VERIFY_TAPROOT'
  const Script: {
    (hex: string): BitcoreScript
    fromHex(hex: string): BitcoreScript
    readonly Interpreter: (new () => BitcoreInterpreter) & Readonly<Record<InterpreterFlag, number>>
  }
  interface BitcoreNumber {
    toBuffer(options: { size: number }): Buffer
  }
  export type SchnorrKey = Buffer | { readonly point: { readonly x: BitcoreNumber } }
  export type SchnorrSignature = Buffer | { readonly r: BitcoreNumber; readonly s: BitcoreNumber }
  const crypto: {
    readonly Schnorr: { verify: (key: SchnorrKey, message: Buffer, signature: SchnorrSignature) => boolean }
  }
  const bitcore: { Transaction: typeof Transaction; Script: typeof Script; crypto: typeof crypto }
  export default bitcore
}
