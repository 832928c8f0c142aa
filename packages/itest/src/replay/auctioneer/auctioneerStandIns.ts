import type { StandIn } from '../difference.ts'

/** What our auctioneer is given from the recording, so that the recorded signatures fit what it proposes. */
export const AUCTIONEER_STAND_INS: readonly StandIn[] = [
  {
    where: 'challenge of a handshake',
    reason: 'A challenge is the hash of a random nonce, and only the hash was recorded. Ours is made to send the same.',
  },
  {
    where: "the auctioneer's own output",
    reason:
      'The recorded auctioneer pays to `<key> OP_CHECKSIG` with its bare key; ours tweaks the key with the batch key (white paper §6.1.1). The replay builds the bare form; everything else of the transaction is ours.',
  },
  {
    where: '`new_expiry`, `new_version` of a diff',
    reason:
      'Ours extends and upgrades every account that its terms say; the recorded auctioneer did it to single accounts, and further than its own terms. The replay makes the recorded changes.',
  },
  {
    where: 'fee rate of a batch',
    reason:
      'The rate is the recorded one, and the most we would pay: without that bound a batch on top of an unconfirmed one pays for both.',
  },
  {
    where: 'orders left in the book',
    reason:
      'The recorded auctioneer chose its matches by hand. What no later batch of the recordings takes up is taken off our book.',
  },
  {
    where: 'MuSig2 nonces',
    reason:
      'The secret nonces of the recorded sessions are lost. Ours has the public ones, checks the recorded partial signatures live, and takes its own half from the recorded signature once that half has been found valid.',
  },
  {
    where: 'accounts of files 20 to 26',
    reason:
      'They were opened and subscribed before the recordings begin, so they are stored and subscribed from the start.',
  },
]
