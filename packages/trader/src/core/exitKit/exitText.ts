import { defaultRate } from './exitScript.ts'
import type { KitFacts } from './exitFacts.ts'

const lines = (facts: Readonly<Record<string, string | number>>): string =>
  Object.entries(facts)
    .map(([name, value]) => `  ${name.padEnd(16)} ${value}`)
    .join('\n')

/** A kit for people. */
export function exitText(facts: KitFacts, name: string): string {
  const rate = defaultRate(facts)
  return `EXIT KIT of a Tidepool account on ${facts.network}

${lines(facts.account)}

From block ${facts.account['expiry_height']} on your lnd alone can spend the account. These files hold no secret keys: whoever has them
learns what the account is, but only your lnd can sign. They are right until the account changes (deposit, withdrawal,
renewal, batch); make new ones after that.

WHAT TO DO
1. Wait until the chain has reached block ${facts.account['expiry_height']}.
2. Start the lnd that the account belongs to, with its REST interface on (it is by default, port 8080).
3. Run, with bash and curl:

   LND_REST=https://localhost:8080 \\
   LND_TLS=$HOME/.lnd/tls.cert \\
   LND_MACAROON=$HOME/.lnd/data/chain/bitcoin/${facts.network}/admin.macaroon \\
   bash ${name}.sh ${rate}

   The last word is the fee rate in sat/vByte, one of ${facts.sweeps.map((sweep) => sweep.sat_per_vbyte).join(', ')}.
   The script shows the transaction and publishes it; the coins go to ${facts.sweep_to.address}
   in the wallet of that lnd. Should the transaction wait too long, run it again with a higher rate.

WHAT THE SCRIPT DOES
1. Takes the unsigned transaction of the chosen rate (in ${name}.json under "sweeps").
2. POST /v2/signer/signraw with "sign_request": lnd signs with the key of the path below plus the tweak.
3. Puts the signature${facts.witness.sighash_byte === '' ? '' : ' with 01 behind it'} between the witness parts of the file, the whole between "tx_before_witness" and "tx_after_witness".
4. POST /v2/wallet/tx publishes; \`lncli wallet publishtx TX\` does the same.

THE OUTPUT
${lines(facts.output)}

THE KEY
${lines(facts.key)}

Signing elsewhere: "sweeps" holds a PSBT for each rate; its field 0x51 is the tweak, to be added to the secret key of the path.
`
}
