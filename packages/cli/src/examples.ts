import type { Command } from 'commander'

/** Command lines to copy, by command. KEY, NONCE and so on stand for what the other commands print. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  getinfo: ['pool getinfo', 'pool --network=regtest --rpcserver=localhost:12011 getinfo --json'],
  status: ['pool status', 'pool status --json'],
  stop: ['pool stop'],
  listauth: ['pool listauth'],
  completion: ['pool completion bash > ~/.local/share/bash-completion/completions/pool'],
  'accounts new': [
    'pool accounts new --amt=5000000 --expiry_blocks=4032 --conf_target=6',
    'pool accounts new 5000000 --sat_per_vbyte=12 --yes',
  ],
  'accounts list': ['pool accounts list', 'pool accounts list --show_archived --json'],
  'accounts deposit': ['pool accounts deposit KEY 250000 12', 'pool accounts deposit KEY --amt=250000 --conf_target=6'],
  'accounts withdraw': [
    'pool accounts withdraw KEY 150000 ADDRESS 12',
    'pool accounts withdraw KEY --output=ADDRESS:150000 --output=ADDRESS:90000 --sat_per_vbyte=12',
  ],
  'accounts renew': ['pool accounts renew KEY 12 --expiry_blocks=8064'],
  'accounts close': ['pool accounts close KEY 12', 'pool accounts close KEY --addr=ADDRESS --conf_target=6'],
  'accounts bumpfee': ['pool accounts bumpfee KEY 30'],
  'accounts listfees': ['pool accounts listfees'],
  'accounts recover': [
    'pool accounts recover',
    'pool --network=regtest accounts recover --full_client --auctioneer_key=KEY --height_hint=100',
  ],
  'accounts exitkit': ['pool accounts exitkit --dir=exitkit'],
  'orders list': ['pool orders list', 'pool orders list --show_archived --verbose --json'],
  'orders cancel': ['pool orders cancel NONCE'],
  'orders submit ask': ['pool orders submit ask --amt=1000000 --acct_key=KEY --interest_rate_percent=0.3'],
  'orders submit bid': [
    'pool orders submit bid --amt=500000 --acct_key=KEY --interest_rate_percent=0.4',
    'pool orders submit bid 500000 KEY --interest_rate_percent=0.4 --min_chan_amt=500000 --self_chan_balance=100000',
  ],
  'auction fee': ['pool auction fee'],
  'auction snapshot': ['pool auction snapshot', 'pool auction snapshot BATCH --num_batches=5'],
  'auction leases': ['pool auction leases', 'pool auction leases --accounts=KEY --batch_ids=BATCH'],
  'auction leasedurations': ['pool auction leasedurations'],
  'auction nextbatchinfo': ['pool auction nextbatchinfo'],
  'auction ratings': ['pool auction ratings NODE_KEY'],
  'sidecar offer': [
    'pool sidecar offer 500000 100000 2016 KEY',
    'pool sidecar offer --auto --amt=500000 --min_chan_amt=500000 --acct_key=KEY --interest_rate_percent=0.4',
  ],
  'sidecar printticket': ['pool sidecar printticket TICKET'],
  'sidecar register': ['pool sidecar register TICKET'],
  'sidecar expectchannel': ['pool sidecar expectchannel TICKET'],
  'sidecar list': ['pool sidecar list'],
  'sidecar cancel': ['pool sidecar cancel TICKET_ID'],
}

/** Every command that does something, with its path below the program. */
export function leaves(command: Command, path: readonly string[] = []): readonly (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[path.join(' '), command]]
  return command.commands.flatMap((one) => leaves(one, [...path, one.name()]))
}

/** Puts its examples below the help of every command. */
export function addExamples(program: Command): void {
  for (const [path, command] of leaves(program)) {
    const examples = EXAMPLES[path]
    if (examples === undefined) continue
    const title = examples.length === 1 ? 'Example' : 'Examples'
    command.addHelpText('after', `\n${title}:\n${examples.map((line) => `  ${line}`).join('\n')}`)
  }
}
