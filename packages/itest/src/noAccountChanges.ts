import type { ChangeSigner, ChangeWallet } from '@tidepool/trader'

const absent = (what: string) => (): Promise<never> => Promise.reject(new Error(`${what}: no changes of accounts here`))

/** A wallet for worlds in which nobody changes an account. */
export const NO_ACCOUNT_CHANGES: ChangeWallet & ChangeSigner = {
  chooseCoins: absent('chooseCoins'),
  releaseCoins: absent('releaseCoins'),
  signCoins: absent('signCoins'),
  newScript: absent('newScript'),
  scriptOf: () => new Uint8Array(),
  bumpFee: absent('bumpFee'),
  history: () => Promise.resolve([]),
  openMuSig2: absent('openMuSig2'),
  signLeaf: absent('signLeaf'),
}
