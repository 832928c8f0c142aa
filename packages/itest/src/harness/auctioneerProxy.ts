import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { ServerDuplexStream, ServerUnaryCall, ServiceError, UntypedHandleCall, sendUnaryData } from '@grpc/grpc-js'
import { selfSignedCertificate, services } from '@tidepool/rpc'
import type { MethodDef } from '@tidepool/rpc'
import { freePort } from './ports.ts'
import { RawGrpc } from './rawGrpc.ts'

/** What becomes of an answer, or of one message of the stream: other bytes, several of them, or the end of the call. */
export type Bend = (method: string, bytes: Uint8Array) => Uint8Array | readonly Uint8Array[] | ServiceError

const identity = (bytes: Buffer): Buffer => bytes
const honest: Bend = (_, bytes) => bytes

/** Stands between one trader and the auctioneer, and hands on every byte unless told otherwise. */
export class AuctioneerProxy {
  readonly address: string
  readonly tlsCertPath: string
  readonly #server: Server
  readonly #behind: RawGrpc
  bend: Bend = honest

  private constructor(address: string, tlsCertPath: string, server: Server, behind: RawGrpc) {
    this.address = address
    this.tlsCertPath = tlsCertPath
    this.#server = server
    this.#behind = behind
  }

  static async start(
    dir: string,
    auctioneer: { readonly address: string; readonly tlsCertPath: string },
  ): Promise<AuctioneerProxy> {
    const names = { organization: 'proxy', commonName: 'localhost', domains: ['localhost'], addresses: ['127.0.0.1'] }
    const { cert, key } = selfSignedCertificate(names, new Date())
    const tlsCertPath = join(dir, 'proxy.cert')
    writeFileSync(tlsCertPath, cert)
    const server = new Server({ 'grpc.max_send_message_length': -1, 'grpc.max_receive_message_length': -1 })
    const behind = new RawGrpc(auctioneer.address, auctioneer.tlsCertPath)
    const port = await freePort()
    const proxy = new AuctioneerProxy(`localhost:${port}`, tlsCertPath, server, behind)
    proxy.#serve()
    const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(proxy.address, ServerCredentials.createSsl(null, [pair]), (error) =>
        error === null ? resolve() : reject(error),
      )
    })
    return proxy
  }

  stop(): void {
    this.#server.forceShutdown()
    this.#behind.close()
  }

  #serve(): void {
    const { name, methods } = services.poolrpc.ChannelAuctioneer
    const definition: Record<string, object> = {}
    const handlers: Record<string, UntypedHandleCall> = {}
    for (const [key, method] of Object.entries<MethodDef>(methods)) {
      const path = `/${name}/${method.name}`
      const streams = method.kind === 'bidi'
      definition[key] = {
        ...{ path, requestStream: streams, responseStream: streams },
        ...{ requestSerialize: identity, requestDeserialize: identity },
        ...{ responseSerialize: identity, responseDeserialize: identity },
      }
      handlers[key] = streams
        ? (call: ServerDuplexStream<Buffer, Buffer>) => this.#stream(path, method.name, call)
        : (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
            this.#unary(path, method.name, call, done)
    }
    this.#server.addService(definition as Parameters<Server['addService']>[0], handlers)
  }

  #unary(path: string, method: string, call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>): void {
    void this.#behind.unary(path, call.request).then((answer) => {
      if (answer.code !== 0 || answer.bytes === undefined) {
        const { code, details, metadata } = answer
        return done({ code, details, metadata })
      }
      const bent = this.bend(method, answer.bytes)
      if (bent instanceof Error) return done(bent)
      return done(null, Buffer.from(bent instanceof Uint8Array ? bent : (bent[0] ?? new Uint8Array())))
    })
  }

  #stream(path: string, method: string, call: ServerDuplexStream<Buffer, Buffer>): void {
    const behind = this.#behind.bidi(path)
    call.on('data', (bytes: Buffer) => behind.write(bytes))
    call.on('end', () => behind.end())
    call.on('cancelled', () => behind.cancel())
    behind.on('data', (bytes: Buffer) => {
      const bent = this.bend(method, bytes)
      if (bent instanceof Error) {
        call.emit('error', bent)
        behind.cancel()
      } else for (const one of bent instanceof Uint8Array ? [bent] : bent) call.write(Buffer.from(one))
    })
    behind.on('error', (error: ServiceError) => {
      if (!call.cancelled && !call.writableEnded) call.emit('error', error)
    })
  }
}
