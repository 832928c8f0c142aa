import type { Clock } from '../ports/system.ts'

/** Pauses of a stream's handshakes after which one that goes on all the time is given up. */
const PATIENCE = 5

/**
 * Keeps a proposal back while a trader proves its accounts. A stock daemon that starts proves them one after the other
 * and reads nothing else meanwhile: a proposal between two of them is in the way of the next challenge, for ever.
 */
export class ProposalHold {
  readonly #clock: Clock
  readonly #quietMs: number
  #quietAt = Number.NEGATIVE_INFINITY
  #drop: (() => void) | undefined

  constructor(clock: Clock, quietMs: number) {
    this.#clock = clock
    this.#quietMs = quietMs
  }

  /** A step of a handshake: more may follow. */
  handshakeStep(): void {
    this.#quietAt = this.#clock.now() + this.#quietMs
  }

  /** Sends now or when the handshakes are over, in place of what is held already. @throws when handshakes never end */
  async when(inHandshake: () => boolean, send: () => Promise<void>): Promise<void> {
    this.drop()
    for (let pauses = 0; inHandshake() || this.#clock.now() < this.#quietAt; pauses++) {
      if (pauses === PATIENCE) throw new Error('the handshakes of the stream do not end')
      if (!(await this.#pause())) return
    }
    return send()
  }

  /** What is held is not sent any more. */
  drop(): void {
    this.#drop?.()
  }

  /** Whether to go on. */
  #pause(): Promise<boolean> {
    const ms = Math.max(this.#quietAt - this.#clock.now(), this.#quietMs / PATIENCE)
    return new Promise((resolve) => {
      const end = (goOn: boolean): void => {
        this.#drop = undefined
        resolve(goOn)
      }
      const cancel = this.#clock.after(ms, () => end(true))
      this.#drop = () => {
        cancel()
        end(false)
      }
    })
  }
}
