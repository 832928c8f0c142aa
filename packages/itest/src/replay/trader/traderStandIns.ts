import type { StandIn } from '../difference.ts'

/** What our trader is given from the recording. Its lnd answers with the recorded signature that fits, or not at all. */
export const TRADER_STAND_INS: readonly StandIn[] = [
  {
    where: 'keys, nonces, signatures',
    reason:
      "The recorded traders' secrets are not known. Account and funding keys, handshake nonces, order preimages, signatures and MuSig2 nonces come from the recording; a signature is only given for exactly the message it is valid for.",
  },
  {
    where: "the trader's own half of a change, funding transactions",
    reason:
      "Both go to the chain alone, so neither was recorded: a placeholder is taken for the half, and what funds an account goes by the recorded id. The coins of a deposit and the address of a close come from the recorded question. The auctioneer's recorded half is verified, which fits nothing but the recorded transaction.",
  },
  {
    where: 'nonces of orders that were never canceled',
    reason: 'Their preimages were not recorded, so the caller names the nonce.',
  },
  {
    where: '`pool orders submit` without `--channel_type`',
    reason:
      'Our command line asks for a script-enforced lease, the stock one leaves the type to the peers. The recorded user says `--channel_type=legacy`.',
  },
  {
    where: '`auto_renew_extension_blocks` of the terms for files 20 and 21',
    reason:
      'The recorded batches extend an account by 3,491 blocks where the recorded terms promise at most 3,024. The stock trader takes that, ours refuses it (a test of its own shows this); for the rest of these files the terms say 3,500.',
  },
  {
    where: 'channels',
    reason:
      'Each channel is pending as soon as it is asked for, with the keys that the recorded lnd told the auctioneer.',
  },
  {
    where: 'how often, and when',
    reason:
      'How often Terms are asked is not compared. Calls and handshakes are answered when ours makes them: the stock daemon runs two handshakes at once (file 08), ours one after the other.',
  },
]
