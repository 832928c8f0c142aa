import { ClmError } from '@tidepool/crypto'

export type LndStartErrorDetail =
  /** lnd's certificate or macaroon cannot be read; start lnd, or correct the path. */
  | { readonly code: 'LND_FILE_UNREADABLE'; readonly path: string }
  /** lnd does not answer; start it, or correct host or certificate. We keep trying. */
  | { readonly code: 'LND_UNREACHABLE'; readonly host: string; readonly reason: string }
  /** lnd's wallet is locked or not made yet; unlock or create it. We keep trying. */
  | { readonly code: 'LND_NOT_READY'; readonly state: string }
  /** lnd has not caught up with the chain; wait. We keep trying. */
  | { readonly code: 'LND_NOT_SYNCED'; readonly height: number }
  /** lnd runs on another network than we were told; change one of them. */
  | { readonly code: 'LND_WRONG_NETWORK'; readonly lnd: string; readonly ours: string }
  /** lnd is older than we can work with; update it. */
  | { readonly code: 'LND_TOO_OLD'; readonly version: string; readonly minimum: string }
  /** lnd was built without a sub-server we need; use a release build. */
  | { readonly code: 'LND_SUBSERVER_MISSING'; readonly missing: readonly string[] }
  /** lnd refuses our macaroon; give one of this lnd with the permissions we need. */
  | { readonly code: 'LND_MACAROON_REFUSED'; readonly path: string; readonly reason: string }

/** What keeps the auctioneer from using its lnd. */
export class LndStartError extends ClmError<LndStartErrorDetail> {
  /** Waiting may be enough. */
  get passes(): boolean {
    return this.code === 'LND_UNREACHABLE' || this.code === 'LND_NOT_READY' || this.code === 'LND_NOT_SYNCED'
  }
}
