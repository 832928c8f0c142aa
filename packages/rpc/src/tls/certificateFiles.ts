import { X509Certificate, createPrivateKey } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { dirname } from 'node:path'
import { ClmError } from '@tidepool/crypto'
import { addressBytes, selfSignedCertificate, type Certificate, type CertificateNames } from './certificate.ts'

export type CertificateErrorDetail =
  /** A certificate has lost its key, or a key its certificate; bring it back, or remove both to get new ones. */
  | { readonly code: 'CERTIFICATE_INCOMPLETE'; readonly missing: string }
  /** A file is no certificate; bring it back, or remove it and its key to get new ones. */
  | { readonly code: 'CERTIFICATE_UNREADABLE'; readonly path: string }

export class CertificateError extends ClmError<CertificateErrorDetail> {}

export interface CertificateFiles {
  readonly certPath: string
  readonly keyPath: string
  readonly organization: string
  readonly extraDomains?: readonly string[]
  readonly extraAddresses?: readonly string[]
  /** Leaves host name and addresses of network interfaces out; the first extra domain is the common name. */
  readonly withoutAutofill?: boolean
  /** Makes a new certificate when the present one lacks a name or address it should have, or has one too many. */
  readonly autoRefresh?: boolean
}

const KEY_MODE = 0o600

/** What a certificate made now would be for. lnd cert/selfsigned.go */
function namesFor(files: CertificateFiles): CertificateNames {
  const { organization, extraDomains = [], extraAddresses = [], withoutAutofill = false } = files
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
  const host = withoutAutofill ? (extraDomains[0] ?? 'localhost') : hostname()
  return {
    organization,
    commonName: host,
    domains: [...new Set([host, 'localhost', ...extraDomains, 'unix', 'unixpacket', 'bufconn'])],
    addresses: [...new Set(['127.0.0.1', '::1', ...(withoutAutofill ? [] : interfaces), ...extraAddresses])],
  }
}

function makeFiles(files: CertificateFiles, now: Date): Certificate {
  const made = selfSignedCertificate(namesFor(files), now)
  mkdirSync(dirname(files.certPath), { recursive: true })
  mkdirSync(dirname(files.keyPath), { recursive: true })
  writeFileSync(files.keyPath, made.key, { mode: KEY_MODE })
  writeFileSync(files.certPath, made.cert)
  return made
}

/** Names and addresses, comparable: addresses as the bytes they stand for. */
function sortedNames(domains: readonly string[], addresses: readonly string[]): string {
  return [...domains, ...addresses.map((address) => Buffer.from(addressBytes(address)).toString('hex'))].sort().join()
}

function namesChanged(parsed: X509Certificate, files: CertificateFiles): boolean {
  const present = (parsed.subjectAltName ?? '').split(', ')
  const of = (kind: string): string[] =>
    present.flatMap((one) => (one.startsWith(kind) ? [one.slice(kind.length)] : []))
  const { domains, addresses } = namesFor(files)
  return sortedNames(of('DNS:'), of('IP Address:')) !== sortedNames(domains, addresses)
}

function parsedCertificate(path: string, cert: string): X509Certificate {
  try {
    return new X509Certificate(cert)
  } catch (cause) {
    throw new CertificateError(
      { code: 'CERTIFICATE_UNREADABLE', path },
      `${path} is no certificate: bring it back, or remove it and its key`,
      { cause },
    )
  }
}

/**
 * The certificate of a daemon. Made when neither file is there, and anew when it has expired or, where that is wished,
 * when its names are not those it should have. A key that is another certificate's is refused.
 * @throws CertificateError
 */
export function loadOrMakeCertificate(files: CertificateFiles, now: Date): Certificate & { readonly made: boolean } {
  const [hasCert, hasKey] = [existsSync(files.certPath), existsSync(files.keyPath)]
  if (!hasCert && !hasKey) return { ...makeFiles(files, now), made: true }
  if (!hasCert || !hasKey) {
    const missing = hasCert ? files.keyPath : files.certPath
    throw new CertificateError(
      { code: 'CERTIFICATE_INCOMPLETE', missing },
      `${missing} is missing beside its other half`,
    )
  }
  const cert = readFileSync(files.certPath, 'utf8')
  const parsed = parsedCertificate(files.certPath, cert)
  const expired = new Date(parsed.validTo).getTime() <= now.getTime()
  if (expired || (files.autoRefresh === true && namesChanged(parsed, files))) {
    return { ...makeFiles(files, now), made: true }
  }
  const key = readFileSync(files.keyPath, 'utf8')
  checkPair(parsed, key, files)
  return { cert, key, made: false }
}

function checkPair(parsed: X509Certificate, key: string, { certPath: path, keyPath }: CertificateFiles): void {
  try {
    if (parsed.checkPrivateKey(createPrivateKey(key))) return
  } catch (cause) {
    throw new CertificateError(
      { code: 'CERTIFICATE_UNREADABLE', path: keyPath },
      `${keyPath} is no key: bring it back, or remove it and its certificate`,
      { cause },
    )
  }
  throw new CertificateError(
    { code: 'CERTIFICATE_INCOMPLETE', missing: keyPath },
    `${keyPath} is not the key of ${path}: bring the right one back, or remove both`,
  )
}
