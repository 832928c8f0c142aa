import { readFileSync } from 'node:fs'
import { Metadata } from '@grpc/grpc-js'
import type { Client, ClientDuplexStream, ServiceError, StatusObject } from '@grpc/grpc-js'
import { openChannel } from '@tidepool/rpc'
import type { Channel } from '@tidepool/rpc'

const identity = (bytes: Buffer): Buffer => bytes

/** A gRPC connection on which any bytes can be said. */
export class RawGrpc {
  readonly #channel: Channel

  constructor(address: string, certPath: string, macaroonPath?: string) {
    const macaroonHex = macaroonPath === undefined ? undefined : readFileSync(macaroonPath).toString('hex')
    this.#channel = openChannel({ address, tls: { kind: 'ca', pem: readFileSync(certPath) }, macaroonHex })
  }

  get grpc(): Client {
    return this.#channel.grpc
  }

  /** Status of the answer, 0 for one that is no error. */
  unary(path: string, bytes: Uint8Array, deadlineMs = 20_000): Promise<StatusObject & { readonly bytes?: Buffer }> {
    return new Promise((resolve) => {
      const options = { deadline: Date.now() + deadlineMs }
      const metadata = this.#channel.metadata()
      let answer: Buffer | undefined
      const call = this.grpc.makeUnaryRequest(
        path,
        identity,
        identity,
        Buffer.from(bytes),
        metadata,
        options,
        (error: ServiceError | null, response?: Buffer) => {
          answer = response
          if (error !== null) resolve(error)
        },
      )
      call.on('status', (status: StatusObject) => {
        if (status.code === 0) resolve({ ...status, ...(answer === undefined ? {} : { bytes: answer }) })
      })
    })
  }

  /** First status of a server stream, or 0 once it says anything or stays open. */
  serverStream(path: string, bytes: Uint8Array, waitMs = 200): Promise<StatusObject> {
    return new Promise((resolve) => {
      const call = this.grpc.makeServerStreamRequest(
        path,
        identity,
        identity,
        Buffer.from(bytes),
        this.#channel.metadata(),
      )
      const done = (status: StatusObject): void => {
        clearTimeout(timer)
        call.cancel()
        resolve(status)
      }
      const open = { code: 0, details: '', metadata: new Metadata() }
      const timer = setTimeout(() => done(open), waitMs)
      call.on('data', () => done(open))
      call.on('error', (error: ServiceError) => done(error))
      call.on('status', done)
    })
  }

  bidi(path: string): ClientDuplexStream<Buffer, Buffer> {
    return this.grpc.makeBidiStreamRequest(path, identity, identity, this.#channel.metadata())
  }

  close(): void {
    this.#channel.close()
  }
}
