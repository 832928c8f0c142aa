/** Runs tasks strictly one after the other, like lnd's funding coordinator. */
export class OneAtATime {
  private last: Promise<unknown> = Promise.resolve()

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.last.then(task, task)
    this.last = result.catch(() => undefined)
    return result
  }
}
