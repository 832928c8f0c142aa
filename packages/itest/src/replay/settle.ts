const TURNS = 200

/** Lets everything that is ready run. */
export async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits while work goes on inside this process; false when it is clear that nothing comes. */
export async function soon(there: () => boolean): Promise<boolean> {
  for (let i = 0; i < TURNS; i++) {
    if (there()) return true
    await new Promise((resolve) => setImmediate(resolve))
  }
  return there()
}
