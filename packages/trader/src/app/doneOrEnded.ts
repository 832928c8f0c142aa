/** Waits for something or for the signal, whichever comes first, and listens to the signal no longer than that. */
export function doneOrEnded(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const done = (): void => {
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
    work.then(done, done)
  })
}
