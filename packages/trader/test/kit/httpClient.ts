import { connect } from 'node:http2'
import { request } from 'node:https'

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** The text as JSON; undefined when it is none. */
  readonly json: unknown
}

export interface HttpWish {
  readonly ca: string
  readonly port: number
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

function answer(status: number, headers: Readonly<Record<string, unknown>>, text: string): HttpAnswer {
  return { status, headers, text, json: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One call over HTTP/1.1. */
export function http1({ ca, port, method, path, headers = {}, body }: HttpWish): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: 'localhost', port, path, method, headers, ca, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve(answer(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString())),
      )
    })
    call.on('error', reject)
    call.end(body)
  })
}

/** One call over HTTP/2. */
export function http2({ ca, port, method, path, headers = {}, body }: HttpWish): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const session = connect(`https://localhost:${port}`, { ca })
    session.on('error', reject)
    const stream = session.request({ ':method': method, ':path': path, ...headers })
    let head: Readonly<Record<string, unknown>> = {}
    const chunks: Buffer[] = []
    stream.on('response', (found) => (head = found))
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('end', () => {
      session.close()
      resolve(answer(Number(head[':status']), head, Buffer.concat(chunks).toString()))
    })
    stream.end(body)
  })
}
