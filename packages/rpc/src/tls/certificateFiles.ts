import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { dirname } from 'node:path'
import { ClmError } from '@tidepool/crypto'
import { selfSignedCertificate, type Certificate } from './certificate.ts'

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
  /** Leaves the addresses of network interfaces out. */
  readonly withoutInterfaces?: boolean
}

const KEY_MODE = 0o600

function makeFiles(files: CertificateFiles, now: Date): Certificate {
  const name = hostname()
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
  const addresses = files.withoutInterfaces === true ? [] : interfaces
  const made = selfSignedCertificate(
    {
      organization: files.organization,
      commonName: name,
      domains: [...new Set([name, 'localhost', ...(files.extraDomains ?? []), 'unix', 'unixpacket', 'bufconn'])],
      addresses: [...new Set(['127.0.0.1', '::1', ...addresses, ...(files.extraAddresses ?? [])])],
    },
    now,
  )
  mkdirSync(dirname(files.certPath), { recursive: true })
  mkdirSync(dirname(files.keyPath), { recursive: true })
  writeFileSync(files.keyPath, made.key, { mode: KEY_MODE })
  writeFileSync(files.certPath, made.cert)
  return made
}

function expiresBefore(path: string, cert: string, now: Date): boolean {
  try {
    return new Date(new X509Certificate(cert).validTo).getTime() <= now.getTime()
  } catch (cause) {
    throw new CertificateError(
      { code: 'CERTIFICATE_UNREADABLE', path },
      `${path} is no certificate: bring it back, or remove it and its key`,
      { cause },
    )
  }
}

/**
 * The certificate of a daemon. Made when neither file is there, and anew when it has expired.
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
  if (expiresBefore(files.certPath, cert, now)) return { ...makeFiles(files, now), made: true }
  return { cert, key: readFileSync(files.keyPath, 'utf8'), made: false }
}
