import type * as crypto from '@tidepool/crypto'

type Params = Parameters<typeof crypto.accountOutput>[0]

/**
 * The package with one function that remembers: account outputs are derived over and over, the same in every world,
 * and take half of a run. For `vi.mock`; may not import what it stands for.
 */
export function remembering(original: typeof crypto): typeof crypto {
  const known = new Map<string, ReturnType<typeof crypto.accountOutput>>()
  const accountOutput: typeof crypto.accountOutput = (params) => {
    const name = nameOf(params)
    const output = known.get(name) ?? original.accountOutput(params)
    known.set(name, output)
    return output
  }
  const accountScript: typeof crypto.accountScript = (params) => accountOutput(params).script
  return { ...original, accountOutput, accountScript }
}

const nameOf = ({ version, traderKey, auctioneerKey, batchKey, secret, expiry }: Params): string =>
  `${version} ${traderKey} ${auctioneerKey} ${batchKey} ${Buffer.from(secret).toString('hex')} ${expiry}`
