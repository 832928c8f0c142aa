/** Output scripts that addresses stand for. */
export type OutputKind = 'p2pkh' | 'p2sh' | 'p2wkh' | 'p2wsh' | 'p2tr'

/** undefined for anything no address stands for. */
export function outputKind(script: Uint8Array): OutputKind | undefined {
  const [a, b, c] = script
  if (script.length === 22 && a === 0x00 && b === 20) return 'p2wkh'
  if (script.length === 34 && a === 0x00 && b === 32) return 'p2wsh'
  if (script.length === 34 && a === 0x51 && b === 32) return 'p2tr'
  if (script.length === 23 && a === 0xa9 && b === 20 && script[22] === 0x87) return 'p2sh'
  const isPubKeyHash = a === 0x76 && b === 0xa9 && c === 20 && script[23] === 0x88 && script[24] === 0xac
  return script.length === 25 && isPubKeyHash ? 'p2pkh' : undefined
}

/** scriptSig that does nothing but push the redeem script of a P2WKH (nested P2WKH). */
export const isNestedScriptSig = (scriptSig: Uint8Array): boolean =>
  scriptSig.length === 23 && scriptSig[0] === 22 && scriptSig[1] === 0x00 && scriptSig[2] === 20
