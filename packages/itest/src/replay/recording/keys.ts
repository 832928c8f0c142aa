import { fromHex, pointFromSecret, pubKey } from '@tidepool/crypto'

/** The recorded auctioneer's secrets (test/vectors/poold/ORIGIN.md). */
export const ACCOUNT_SECRET = fromHex('b92a57ea660776236359c026e6652cea1df9e92f8c9bd1ae670903f0df929782', 32)
export const MASTER_SECRET = fromHex('07238a59c22fce062f45ba54b2f105ec423f1fe18528aa8e18beb7d23d080471', 32)

export const ACCOUNT_KEY = pubKey(pointFromSecret(ACCOUNT_SECRET))
export const MASTER_KEY = pubKey(pointFromSecret(MASTER_SECRET))
