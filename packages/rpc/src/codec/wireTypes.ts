export type { MessageList } from './messageList.ts'

/** A decoded message and what may be given to send one. */
export interface MessageType<Value, Init> {
  readonly value: Value
  readonly init: Init
}

/** How the messages of a method flow. */
export type MethodKind = 'unary' | 'serverStream' | 'clientStream' | 'bidi'

/** A method's kind and the types of its messages, at the type level only. */
export interface MethodType<Kind extends MethodKind, Request, RequestInit, Response, ResponseInit> {
  readonly kind: Kind
  readonly request: Request
  readonly requestInit: RequestInit
  readonly response: Response
  readonly responseInit: ResponseInit
}

/** A number an enum had no name for when this program was built. */
export type UnrecognizedEnum = `UNRECOGNIZED_${number}`

/** A name of enum `E`, or a number a newer peer sent. */
export type OpenEnum<E extends string> = E | UnrecognizedEnum

/** One method as a value. */
export interface MethodDef {
  readonly name: string
  readonly kind: MethodKind
  /** Full names of the messages. */
  readonly request: string
  readonly response: string
}

/** A gRPC service: facts as a value, message types in `M` (a generated `X_Service`). */
export interface ServiceDef<M> {
  readonly name: string
  readonly methods: { readonly [K in keyof M]: MethodDef }
  /** Never set; carries `M`. */
  readonly types?: M
}
