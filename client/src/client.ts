import { type CampaignState, watch } from './events.ts'
import { OPERATIONS } from './operations.gen.ts'
import type { components, operations } from './schema.gen.ts'
import { type CallOptions, type FanfareOptions, makeTransport, type Request } from './transport.ts'

/** A shape of the API by its name: `Schema<'Campaign'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]

/** The operations that are called by one request; `watchCampaign` is a stream and has its own method. */
type Name = Exclude<keyof typeof OPERATIONS, 'watchCampaign'>
type Present<T> = [T] extends [undefined] ? unknown : NonNullable<T>
type Path<N extends Name> = Present<operations[N]['parameters']['path']>
type Query<N extends Name> = Present<operations[N]['parameters']['query']>
type Body<N extends Name> = operations[N] extends { requestBody: { content: infer Content } }
  ? Content extends { 'application/json': infer Json }
    ? { body: Json }
    : { body: FormData }
  : unknown
/** Path and query parameters by their names, and the `body`. */
export type Input<N extends Name> = Path<N> & Query<N> & Body<N>

type Success<R> = { [Status in keyof R]: Status extends 200 | 201 | 202 | 204 ? R[Status] : never }[keyof R]
type Answered<R> = R extends { content: { 'application/json': infer Json } } ? Json : R extends { content: object } ? Response : undefined
/** What an operation answers: its JSON, the `Response` of a file, or undefined where there is nothing to say. */
export type Output<N extends Name> = Answered<Success<operations[N]['responses']>>

export type Method<N extends Name> = (
  ...given: object extends Input<N> ? [input?: Input<N>, options?: CallOptions] : [input: Input<N>, options?: CallOptions]
) => Promise<Output<N>>

/** Every operation of the API that an API key may call, by its operationId in `/docs`. */
export type Fanfare = { readonly [N in Name]: Method<N> } & {
  /** The state of a campaign now, and again at every change, until you leave the loop or it is deleted. Reconnects by itself. */
  watchCampaign(input: { readonly id: string }, options?: Pick<CallOptions, 'signal'>): AsyncGenerator<CampaignState, void>
}

interface Described {
  readonly method: string
  readonly path: string
  readonly query?: readonly string[]
  readonly changes?: true
  readonly streams?: true
}

/** Fills an operation's address; a parameter that it does not know is refused here, before anything is sent. */
function requestOf({ method, path, query = [], changes, streams }: Described, input: Record<string, unknown>): Request {
  const { body, ...parameters } = input
  const left = new Map(Object.entries(parameters).filter(([, value]) => value !== undefined))
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = left.get(name)
    if (value === undefined) throw new TypeError(`${name} is needed for ${method} ${path}`)
    left.delete(name)
    return encodeURIComponent(String(value))
  })
  const search = new URLSearchParams()
  for (const [name, value] of left) {
    if (!query.includes(name)) throw new TypeError(`${method} ${path} has no parameter ${name}`)
    search.set(name, String(value))
  }
  return {
    method,
    path: search.size === 0 ? filled : `${filled}?${search}`,
    ...(body === undefined ? {} : { body }),
    ...(changes ? { changes } : {}),
    ...(streams ? { accept: '*/*' } : {}),
  }
}

/** A client of one Fanfare and one workspace. Every method throws a `FanfareError` for an answer that is no success. */
export function fanfare(options: FanfareOptions): Fanfare {
  const send = makeTransport(options)
  const call =
    (operation: Described) =>
    async (input: Record<string, unknown> = {}, callOptions: CallOptions = {}): Promise<unknown> => {
      const answer = await send({ ...requestOf(operation, input), ...callOptions })
      if (operation.streams) return answer
      return answer.status === 204 ? undefined : answer.json()
    }
  const methods = Object.fromEntries(Object.entries<Described>(OPERATIONS).map(([name, operation]) => [name, call(operation)]))
  const events: Fanfare['watchCampaign'] = ({ id }, { signal } = {}) =>
    watch(send, requestOf(OPERATIONS.watchCampaign, { id }), signal, options.wait)
  return { ...methods, watchCampaign: events } as Fanfare
}
