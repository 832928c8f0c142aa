import type { Doing, WireLie } from '../../scenarios/hostile/wireLies.ts'
import type { Lie, Stage } from './lie.ts'
import type { RecoveryLie } from './lies/recoveryLies.ts'
import type { TakenBack } from './takenBack.ts'

const ABOUT = `# What a lying auctioneer is told

Written by \`packages/itest/src/sim/hostile/hostileAuctioneer.test.ts\` from the lies it tells; do not edit.

Our own auctioneer builds a batch, and one trader hears it with one lie in it: through the real codec, to the whole trader
daemon, in the simulation. Each of these lies must be named by its code, nothing may be signed for it, the daemon must go on,
and its order must be filled by the next honest batch. alice asks with an account of version 0, bob bids with one of
version 2. What the checks are stands in [verification](verification.md).

The last column says what the stock trader daemon (lightninglabs/pool v0.6.6-beta) does: caught, refuses the batch; accepted,
takes it as true; ignored, changes nothing; crash, stops, deaf, needs a restart.`

const TITLES: Readonly<Record<Stage, string>> = {
  proposal: 'The proposal as a whole',
  price: 'Prices and fees',
  match: 'The match',
  transaction: 'The transaction',
  account: 'The account',
  bytes: 'Messages that cannot be read',
  signing: 'The request to sign',
  sequence: 'Messages at the wrong moment',
  handshake: 'Subscriptions',
  answer: 'Answers to calls',
}

export interface AllLies {
  readonly lies: readonly Lie[]
  readonly takenBack: readonly TakenBack[]
  readonly recovery: readonly RecoveryLie[]
  readonly wire: readonly WireLie[]
}

/** docs/lies.md */
export function liesPage({ lies, takenBack, recovery, wire }: AllLies): string {
  const trusted = lies.filter(({ stock }) => stock === 'accepted').length
  const fatal = lies.filter(({ stock }) => stock === 'crash' || stock === 'stops' || stock === 'deaf').length
  const sums = `${lies.length} lies: the stock daemon accepts ${trusted} of them, and ${fatal} end it or leave it deaf.`
  const parts = Object.entries(TITLES).flatMap(([stage, title]) => {
    const told = lies.filter((lie) => lie.stage === stage)
    return told.length === 0 ? [] : [`## ${title}`, table(told)]
  })
  const more = [BACK, backTable(takenBack), IN_A_RECOVERY, recoveryTable(recovery), ON_THE_WIRE, wireTable(wire)]
  return `${[ABOUT, sums, ...parts, ...more].join('\n\n')}\n`
}

function table(lies: readonly Lie[]): string {
  const rows = lies.map(({ name, code, field, gap, stock, victim }) => {
    const named = field === undefined ? `\`${code}\`` : `\`${code}\` (${field})`
    return `| ${name} | ${victim} | ${named} | ${stock}${gap === undefined ? '' : ` (${gap})`} |`
  })
  return ['| lie | to | our trader | stock |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

const BACK = `## A signed batch taken back

alice or bob has signed, and hears in place of Finalize what an honest auctioneer says, too, when it tries again; then the batch
is published all the same. No check can tell, so nothing is given up for it: the channel stays in lnd until the chain has
another transaction in the batch's place, three blocks deep ([0096](decisions/0096-a-signature-is-out-until-the-chain-says-otherwise.md)).
Each of these must end with the channel open, the order filled, the lease listed and the exact balance. The stock daemon abandons
the channel at each of them, and with it what its owner put in.`

function backTable(lies: readonly TakenBack[]): string {
  const rows = lies.map(
    ({ name, code }) => `| ${name} | ${code === undefined ? '' : `\`${code}\`, and `}live in its block |`,
  )
  return ['| told instead | our trader |', '| --- | --- |', ...rows].join('\n')
}

const IN_A_RECOVERY = `## Answers to a recovery

bob lost his data and asks for his accounts, among them an open one. What cannot be his is refused by name and nothing is stored.
What might be true is kept in doubt: the account waits until the chain shows its output, and the auctioneer is asked again with
the next recovery, whose honest answer takes the place of the lie
([0084](decisions/0084-what-an-auctioneer-tells-a-recovery.md)). No signature leaves for any of them.`

function recoveryTable(lies: readonly RecoveryLie[]): string {
  const rows = lies.map(({ name, code, refused, waits }) => {
    const outcome = refused === undefined ? `in doubt: ${waits ?? ''}` : `\`${code}\` (${refused})`
    return `| ${name} | ${outcome} |`
  })
  return ['| lie | our trader |', '| --- | --- |', ...rows].join('\n')
}

const ON_THE_WIRE = `## Between real daemons

Told through a proxy between the daemons as processes, over TLS, while their user does something
(\`packages/itest/src/scenarios/hostile\`); afterwards no account is left behind, the process is the same, and it trades.`

const WHILE: Readonly<Record<Doing, string>> = {
  'open an account': 'an account is opened',
  withdraw: 'a withdrawal is asked for',
  trade: 'a batch is proposed',
  ask: 'the market is asked about',
}

function wireTable(lies: readonly WireLie[]): string {
  const rows = lies.map(({ name, doing, code, stock }) => `| ${name} | ${WHILE[doing]} | \`${code}\` | ${stock} |`)
  return ['| lie | while | our trader | stock |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
