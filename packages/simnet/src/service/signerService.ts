import type { Handlers, signrpc } from '@tidepool/rpc'
import { LndRefusal } from '../lndRefusal.ts'
import type { RunningNode } from '../node/runningNode.ts'
import { signMessageRequest, verifyMessageRequest } from '../signer/message.ts'
import { aggregateOf, versionOf } from '../signer/musig2Keys.ts'
import { deriveSharedKey } from '../signer/sharedKey.ts'
import { signOutputRaw } from '../signer/signOutput.ts'
import { signWalletInput } from '../wallet/signInput.ts'
import { decodeTransaction } from '../wallet/wallet.ts'

export function signerService(node: RunningNode): Partial<Handlers<signrpc.Signer_Service>> {
  const { ring, musig2 } = node
  return {
    signOutputRaw: async (request) => ({ rawSigs: signOutputRaw(ring, request) }),
    computeInputScript: async (request) => computeInputScripts(node, request),
    signMessage: async (request) => ({ signature: signMessageRequest(ring, request) }),
    verifyMessage: async (request) => ({ valid: verifyMessageRequest(request) }),
    deriveSharedKey: async (request) => ({ sharedKey: deriveSharedKey(ring, request) }),
    muSig2CombineKeys: async (request) => {
      const key = aggregateOf(versionOf(request.version), request)
      return {
        combinedKey: key.point.subarray(1),
        taprootInternalKey: key.untweaked.subarray(1),
        version: request.version,
      }
    },
    muSig2CreateSession: async (request) => musig2.create(request),
    muSig2RegisterNonces: async (request) => ({
      haveAllNonces: musig2.registerNonces(request.sessionId, request.otherSignerPublicNonces),
    }),
    muSig2Sign: async (request) => ({
      localPartialSignature: musig2.sign(request.sessionId, request.messageDigest, request.cleanup),
    }),
    muSig2CombineSig: async (request) => {
      const finalSignature = musig2.combine(request.sessionId, request.otherPartialSignatures)
      return { haveAllSignatures: finalSignature !== undefined, finalSignature }
    },
    muSig2Cleanup: async (request) => {
      musig2.cleanup(request.sessionId)
      return {}
    },
  }
}

/** Witnesses for the wallet's own inputs; only output, sighash and index of a descriptor count. */
function computeInputScripts(node: RunningNode, request: signrpc.SignReq): signrpc.InputScriptRespInit {
  if (request.signDescs.length === 0) throw new LndRefusal('at least one SignDescs MUST be passed in')
  const { book } = node.state.wallet
  const tx = decodeTransaction(request.rawTxBytes)
  const spent = request.prevOutputs.map((output) => ({ value: output.value, script: output.pkScript }))
  const inputScripts = request.signDescs.map(({ inputIndex: index, output }) => {
    const own = { value: output?.value ?? 0n, script: output?.pkScript ?? new Uint8Array() }
    const key = book.find(own.script)
    if (key === undefined) throw new LndRefusal('unable to fetch derivation info: address not found')
    const all = tx.ins.map((_, i) => (i === index ? own : (spent[i] ?? { value: 0n, script: new Uint8Array() })))
    const signed = signWalletInput({ book, key, tx, index, spent: all })
    return { witness: signed.witness, sigScript: signed.scriptSig }
  })
  return { inputScripts }
}
