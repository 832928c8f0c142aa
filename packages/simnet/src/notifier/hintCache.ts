/**
 * How far lnd has searched for a request. A first registration with a height hint that is too high is remembered, so
 * that a later one with the right hint finds nothing either. Survives restarts.
 */
export class HintCache {
  private readonly searched = new Map<string, number>()

  /** The hint that counts for this registration. */
  effective(request: string, hint: number, tip: number): number {
    const known = this.searched.get(request) ?? 0
    const counted = Math.max(known, hint)
    if (hint <= tip) this.searched.set(request, counted)
    return counted
  }

  /** A reorganisation takes every hint back to where the branches part. lnd chainntnfs/txnotifier.go `DisconnectTip` */
  disconnected(fork: number): void {
    for (const [request, height] of this.searched) if (height > fork) this.searched.set(request, fork)
  }
}
