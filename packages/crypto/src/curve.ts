import * as ecc from 'tiny-secp256k1'

/** Whether the bytes are a valid point (compressed or not). */
export const isPoint = (bytes: Uint8Array): boolean => ecc.isPoint(bytes)
