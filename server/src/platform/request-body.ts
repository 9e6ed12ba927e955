import type { Context } from 'hono'
import { type AppEnv, invalidInput, pointerPart } from './http.ts'
import { type FieldError, Problem } from './problem.ts'

const JSON_BYTES_MAX = 1_048_576
/** A small body that takes longer is a client that holds us up on purpose. */
const BODY_WITHIN_MS = 30_000
/** Nothing of ours nests deeper than a filter does. */
const DEPTH_MAX = 64
const JSON_TYPE = /^application\/([\w.+-]+\+)?json\s*(;.*)?$/i

/**
 * Reads a JSON body once, within its limit, and refuses what cannot be read: 413, 415, 400. An absent body counts as `{}`, so that
 * routes whose fields are all optional need none. Leaves the text where the validators look for it.
 * @param takesBody false: the route knows no fields, so any is unknown
 */
export async function readJsonBody(c: Context<AppEnv>, takesBody: boolean): Promise<void> {
  const bytes = await readBytes(c.req.raw.body, JSON_BYTES_MAX, Number(c.req.header('content-length') ?? 0))
  const type = c.req.header('content-type')
  if (bytes.length > 0 && (type === undefined || !JSON_TYPE.test(type)))
    throw new Problem('content-type-unsupported', 'Send the body as application/json.')
  const text = bytes.length === 0 ? '{}' : decode(bytes)
  const value = parse(text)
  const errors = nulFields(value)
  if (errors.length > 0) throw invalidInput(errors)
  if (!takesBody && bytes.length > 0) refuseFields(value)
  c.req.raw.headers.set('content-type', 'application/json') // the validators ask for exactly this
  ;(c.req.bodyCache as unknown as { text?: Promise<string> }).text = Promise.resolve(text)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('bad-request', 'The body is not valid JSON.')
  }
}

/** Every text that holds a NUL, which PostgreSQL cannot store, by its pointer. */
function nulFields(value: unknown, at = '', depth = 0): FieldError[] {
  if (depth > DEPTH_MAX) throw new Problem('bad-request', `The body is nested deeper than ${DEPTH_MAX} levels.`)
  const errors = (text: string, pointer: string): FieldError[] =>
    text.includes('\u0000') ? [{ pointer, detail: 'holds a NUL character (\\u0000), which cannot be stored.' }] : []
  if (typeof value === 'string') return errors(value, at)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => [...errors(key, at), ...nulFields(item, `${at}/${pointerPart(key)}`, depth + 1)])
}

function refuseFields(value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidInput([{ pointer: '', detail: 'This address takes no body, or an empty object.' }])
  const fields = Object.keys(value)
  if (fields.length > 0)
    throw invalidInput(fields.map((key) => ({ pointer: `/${pointerPart(key)}`, detail: 'This field is not known here.' })))
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem('bad-request', 'The body is not valid UTF-8.')
  }
}

/** All bytes of a stream, or 413 as soon as they are too many, or 408 when they do not come. */
export async function readBytes(
  stream: ReadableStream<Uint8Array> | null,
  max: number,
  announced = 0,
  withinMs = BODY_WITHIN_MS,
): Promise<Buffer> {
  const tooLarge = () => new Problem('too-large', `At most ${max.toLocaleString('en')} bytes are accepted here.`)
  if (announced > max) throw tooLarge()
  if (stream === null) return Buffer.alloc(0)
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = stream.getReader()
  const deadline = AbortSignal.timeout(withinMs)
  const giveUp = () => void reader.cancel(new Error('too slow')).catch(() => {})
  deadline.addEventListener('abort', giveUp, { once: true })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (deadline.aborted) throw new Problem('request-timeout', `The body must arrive within ${withinMs / 1_000} seconds.`)
      if (done) return Buffer.concat(chunks)
      length += value.length
      if (length > max) throw tooLarge()
      chunks.push(value)
    }
  } finally {
    deadline.removeEventListener('abort', giveUp)
  }
}
