import type { KitFacts, KitSweep } from './exitFacts.ts'

/** The commands of a kit, for bash with curl, sed, od and base64; nothing else is run. */
export const exitScript = (facts: KitFacts): string => `#!/usr/bin/env bash
# Sweeps account ${facts.account['trader_key']}
# to ${facts.sweep_to.address}, which belongs to the same lnd.
# Works from block ${facts.account['expiry_height']} on. Run it as
#   LND_REST=https://localhost:8080 LND_TLS=~/.lnd/tls.cert LND_MACAROON=PATH/admin.macaroon bash ${'"$0"'} SAT_PER_VBYTE
# with one of the fee rates ${facts.sweeps.map((sweep) => sweep.sat_per_vbyte).join(', ')} (default ${defaultRate(facts)}).
set -euo pipefail
LND_REST=\${LND_REST:-https://localhost:8080}
LND_TLS=\${LND_TLS:-$HOME/.lnd/tls.cert}
LND_MACAROON=\${LND_MACAROON:-$HOME/.lnd/data/chain/bitcoin/${facts.network}/admin.macaroon}

hex() { od -An -vtx1 | tr -d ' \\n'; }
lnd() { curl --silent --show-error --cacert "$LND_TLS" --header "Grpc-Metadata-macaroon: $MACAROON" --data "$2" "$LND_REST$1"; }
MACAROON=$(hex < "$LND_MACAROON")

# 1. The transaction at the fee rate asked for.
case "\${1:-${defaultRate(facts)}}" in
${facts.sweeps.map(choice).join('\n')}
  *) echo "no such fee rate in this kit" >&2; exit 2 ;;
esac

# 2. lnd signs with the account's key and its tweak.
ANSWER=$(lnd /v2/signer/signraw "$SIGN")
SIGNATURE=$(printf %s "$ANSWER" | sed -n 's/.*"raw_sigs": *\\[ *"\\([^"]*\\)".*/\\1/p')
if [ -z "$SIGNATURE" ]; then echo "lnd does not sign: $ANSWER" >&2; exit 1; fi
SIGNATURE=$(printf %s "$SIGNATURE" | base64 -d | hex)${facts.witness.sighash_byte}

# 3. The witness goes into the transaction.
LENGTH=$(printf %02x $((\${#SIGNATURE} / 2)))
TX=\${BEFORE}${facts.witness.before_signature}\${LENGTH}\${SIGNATURE}${facts.witness.after_signature}\${AFTER}
echo "$TX"

# 4. lnd publishes it. The same with its command line: lncli wallet publishtx "$TX"
BASE64=$(printf %b "$(printf %s "$TX" | sed 's/../\\\\x&/g')" | base64 | tr -d '\\n')
ANSWER=$(lnd /v2/wallet/tx "{\\"tx_hex\\":\\"$BASE64\\",\\"label\\":\\"account exit\\"}")
case "$ANSWER" in
  *'"code"'*) echo "lnd does not publish: $ANSWER" >&2; exit 1 ;;
esac
echo "published" >&2
`

const choice = (sweep: KitSweep): string =>
  `  ${sweep.sat_per_vbyte})
    SIGN='${JSON.stringify(sweep.sign_request)}'
    BEFORE=${sweep.tx_before_witness}
    AFTER=${sweep.tx_after_witness} ;;`

const WANTED_RATE = 10

/** Ten, or what comes closest from below. */
export const defaultRate = (facts: KitFacts): number =>
  facts.sweeps.findLast(({ sat_per_vbyte: rate }) => rate <= WANTED_RATE)?.sat_per_vbyte ?? WANTED_RATE
