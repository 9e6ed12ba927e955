import createClient from 'openapi-fetch'
import type { components, paths } from '../../../client/src/schema.gen.ts'
import { ApiProblem } from './problem.ts'

/** A schema of the OpenAPI document by its name: `Schema<'CampaignItem'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]

/** The workspace of this page: part of its address, fixed until the page is left. */
let workspaceId: string | undefined
export const setWorkspace = (id: string): void => {
  workspaceId = id
}
/** Headers that every call to `/api/v1` carries. */
export const workspaceHeaders = (): Record<string, string> => (workspaceId === undefined ? {} : { 'X-Workspace-Id': workspaceId })

/** Told whenever a call is answered 401: the session has ended. */
let onSignedOut = () => {}
export const whenSignedOut = (listener: () => void): void => {
  onSignedOut = listener
}

/** The API, typed by its OpenAPI document. Wrap every call in `answer`. */
export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' })
api.use({
  onRequest({ request }) {
    for (const [name, value] of Object.entries(workspaceHeaders())) request.headers.set(name, value)
    return request
  },
})

interface Answer<Data> {
  readonly data?: Data
  readonly error?: unknown
  readonly response: Response
}

/** What a call answered; throws an `ApiProblem` for anything but success. */
export async function answer<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await call.catch((reason: unknown) => {
    if (reason instanceof DOMException && reason.name === 'AbortError') throw reason
    throw new ApiProblem(0, {})
  })
  if (response.ok) return data as Data
  if (response.status === 401) onSignedOut()
  throw new ApiProblem(response.status, typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {})
}

/** What a call answered, with its version: to be sent as `If-Match` when it is changed, so that nobody's change is lost. */
export async function answerWithEtag<Data>(call: Promise<Answer<Data>>): Promise<{ readonly item: Data; readonly etag: string | null }> {
  let etag: string | null = null
  const item = await answer(
    call.then((answered) => {
      etag = answered.response.headers.get('etag')
      return answered
    }),
  )
  return { item, etag }
}

/** A key for one intended act: a repeat of the same request, by a double click or a lost answer, is answered like the first. */
export const newIdempotencyKey = (): string => crypto.randomUUID()
