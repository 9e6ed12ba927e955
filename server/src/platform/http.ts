import { createHash } from 'node:crypto'
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import type pg from 'pg'
import type { Permission } from '../access/permissions.ts'
import type { Config } from './config.ts'
import { isUuid } from './ids.ts'
import type { Logger } from './log.ts'
import { type FieldError, Problem } from './problem.ts'
import type { Secrets } from './secrets.ts'
import { speakPlainly } from './wording.ts'

speakPlainly() // before any schema checks anything

/** What every slice is given. */
export interface Deps {
  readonly config: Config
  /** For requests: behind the wall, it sees the workspace of the caller (wall.ts). In workers it is `system`. */
  readonly pool: pg.Pool
  /** Sees every workspace: for what has no caller yet, and for workers. */
  readonly system: pg.Pool
  readonly log: Logger
  readonly secrets: Secrets
  /** This installation: part of every return address. */
  readonly install: { readonly id: string }
  now(): Date
}

/** Who is calling, and what they may do. */
export interface Principal {
  readonly workspaceId: string
  readonly credentialId: string
  readonly permissions: ReadonlySet<Permission>
  readonly actor: { readonly type: 'apiKey' | 'user' | 'system'; readonly id: string | null; readonly name: string }
  readonly address: string | null
  readonly requestId: string
}

/** A signed-in person, whatever workspace they are looking at. */
export interface Person {
  readonly userId: string
  readonly name: string
  readonly email: string
  readonly twoFactorEnabled: boolean
  readonly sessionId: string
}

export type AppEnv = {
  Variables: {
    deps: Deps
    principal: Principal | undefined
    person: Person | undefined
    /** Whether the caller of an answer that goes on for long may still do this: asked again of the store, a few seconds old at most. */
    stillMay: ((permission: Permission) => Promise<boolean>) | undefined
    address: string | null
    requestId: string
  }
}

/** The caller; only for handlers behind `requirePermission`. */
export function principalOf(c: Context<AppEnv>): Principal {
  const principal = c.get('principal')
  if (principal === undefined) throw new Error('a route without a permission gate asked for its caller')
  return principal
}

/** A key as part of a JSON pointer. */
export const pointerPart = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

const pointerOf = (target: string, path: readonly PropertyKey[]): string =>
  target === 'query' ? `?${path.map(String).join('.')}` : path.map((part) => `/${pointerPart(String(part))}`).join('')

interface Issue {
  readonly code: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
}

/** Every bad field of a failed check, as JSON pointers. */
export const fieldErrors = (target: string, issues: readonly Issue[]): FieldError[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? (issue.keys ?? []).map((key) => ({ pointer: pointerOf(target, [...issue.path, key]), detail: 'This field is not known here.' }))
      : [{ pointer: pointerOf(target, issue.path), detail: issue.message }],
  )

/** `/name` and `is needed.` read on; what is a sentence of its own stands behind a colon. */
const sentenceOf = ({ pointer, detail }: FieldError): string => {
  const text = `${pointer || 'The body'}${/^\p{Lu}/u.test(detail) ? ':' : ''} ${detail}`
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** The one answer to input that can be read but is not valid: every bad field at once. */
export const invalidInput = (errors: readonly FieldError[]): Problem =>
  new Problem(
    'invalid-input',
    errors.length === 1 && errors[0] !== undefined ? sentenceOf(errors[0]) : `${errors.length} fields are not valid.`,
    { errors },
  )

/** A router whose failed checks become one 422 naming every bad field; a path id that is no UUID is a 404. */
export const router = (): OpenAPIHono<AppEnv> =>
  new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return
      if (result.target === 'param') throw new Problem('not-found', 'There is nothing at this address.')
      throw invalidInput(fieldErrors(result.target, result.error.issues as readonly Issue[]))
    },
  })

const unauthorized = (): Problem =>
  new Problem('unauthorized', 'Sign in, or send an API key as "Authorization: Bearer <key>" or "X-API-Key: <key>".', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  })

/** The gate of a route, declared where the route is: spread into `createRoute`. Shown in OpenAPI as security and `x-permission`. */
export function requirePermission(...permissions: Permission[]) {
  const gate: MiddlewareHandler<AppEnv> = async (c, next) => {
    const principal = c.get('principal')
    if (principal === undefined) {
      if (c.get('person') === undefined) throw unauthorized()
      throw new Problem('workspace-missing', 'Name the workspace in the header X-Workspace-Id, or as ?workspaceId= of a GET.')
    }
    const missing = permissions.filter((permission) => !principal.permissions.has(permission))
    if (missing.length > 0) throw new Problem('forbidden', `This needs the permission ${missing.join(' and ')}.`)
    await next()
  }
  return {
    middleware: [gate] as MiddlewareHandler<AppEnv>[],
    security: [{ apiKey: [] }, { bearer: [] }, { session: [] }],
    'x-permission': permissions,
  }
}

/** The gate of routes about the caller themselves: any credential, no permission. */
export function requireCredential() {
  const gate: MiddlewareHandler<AppEnv> = async (c, next) => {
    if (c.get('principal') === undefined && c.get('person') === undefined) throw unauthorized()
    await next()
  }
  return {
    middleware: [gate] as MiddlewareHandler<AppEnv>[],
    security: [{ apiKey: [] }, { bearer: [] }, { session: [] }],
    'x-permission': [],
  }
}

/** The gate of routes for signed-in people; an API key is no person. */
export function requirePerson() {
  const gate: MiddlewareHandler<AppEnv> = async (c, next) => {
    if (c.get('person') === undefined) {
      if (c.get('principal') === undefined) throw unauthorized()
      throw new Problem('forbidden', 'This is for signed-in people, not for API keys.')
    }
    await next()
  }
  return { middleware: [gate] as MiddlewareHandler<AppEnv>[], security: [{ session: [] }], 'x-permission': [] }
}

/** The gate of routes where a person must act who also holds a permission in this workspace. */
export function requirePersonWith(...permissions: Permission[]) {
  const gate = requirePermission(...permissions)
  return { ...gate, middleware: [...requirePerson().middleware, ...gate.middleware], security: [{ session: [] }] }
}

/** No gate: routes for people who cannot have a credential yet. */
export const forEverybody = () => ({ security: [], 'x-permission': [] })

/** The signed-in person; only for handlers behind `requirePerson`. */
export function personOf(c: Context<AppEnv>): Person {
  const person = c.get('person')
  if (person === undefined) throw new Error('a route without a gate for people asked for its person')
  return person
}

/** A JSON body or answer of one schema. */
export const json = <Schema extends z.ZodType>(schema: Schema, description = 'Success') => ({
  description,
  content: { 'application/json': { schema } },
})
/** A required JSON body. */
export const body = <Schema extends z.ZodType>(schema: Schema) => ({ required: true as const, content: { 'application/json': { schema } } })

/** Path parameter `{id}`: anything but a UUID does not exist. */
export const IdParam = z.object({ id: z.string().refine(isUuid).openapi({ format: 'uuid' }) })

const FIRST_INSTANT = Date.UTC(1970, 0, 1)
const LAST_INSTANT = Date.UTC(9999, 0, 1)
const INSTANT = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?([Zz]|[+-]\d\d(:?\d\d)?)$/

/** Reads an ISO 8601 instant with offset or `Z`, seconds optional; undefined when it is none or names no real time. */
export function readInstant(text: string): Date | undefined {
  if (!INSTANT.test(text)) return undefined
  const full = text
    .toUpperCase()
    .replace(' ', 'T')
    .replace(',', '.')
    .replace(/([+-]\d\d):?(\d\d)?$/, (_, hours: string, minutes?: string) => `${hours}:${minutes ?? '00'}`)
  const at = new Date(full)
  const day = Number(full.slice(8, 10))
  const isReal = day >= 1 && day <= new Date(Date.UTC(Number(full.slice(0, 4)), Number(full.slice(5, 7)), 0)).getUTCDate()
  return isReal && at.getTime() >= FIRST_INSTANT && at.getTime() < LAST_INSTANT ? at : undefined
}

/** An instant with offset or `Z`; a time without an offset is refused. */
export const Instant = z
  .string()
  .transform((text, context) => {
    const at = readInstant(text)
    if (at !== undefined) return at
    context.addIssue({ code: 'custom', message: 'must be an ISO 8601 instant with an offset, such as 2026-12-24T09:00:00Z' })
    return z.NEVER
  })
  .openapi({ type: 'string', format: 'date-time' })
/** An instant, or null where one is taken away. */
export const NullableInstant = Instant.nullable().openapi({ type: ['string', 'null'], format: 'date-time' })
const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
/** A time zone by its IANA name. */
export const TimeZone = z.string().max(64).refine(isTimeZone, 'is not a time zone, such as Asia/Kolkata')

const WallClock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time of the day, such as 21:00')
/** Hours of the night by the wall clock of whoever is messaged. */
export const QuietHours = z
  .strictObject({ from: WallClock, to: WallClock })
  .refine(({ from, to }) => from !== to, 'begin and end at the same time')
  .openapi('QuietHours', { description: 'Nobody is messaged from `from` to `to` by their own clock; may cross midnight' })

/** An instant of an answer: UTC with milliseconds. */
export const InstantOut = z.string().openapi({ format: 'date-time', example: '2026-12-24T09:00:00.000Z' })
export const iso = (date: Date): string => date.toISOString()
export const isoOrNull = (date: Date | null | undefined): string | null => date?.toISOString() ?? null

const PAGE_SIZE_MAX = 200
/** Rows that a filtered list goes; further pages are what exports are for. */
export const PAGE_DEPTH_MAX = 100_000
/** The refusal of a filtered page past the end. @param instead what to do, as the end of a sentence */
export const pageTooDeep = (pointer: string, instead: string): Problem =>
  new Problem('page-too-deep', `Filtered pages go to ${PAGE_DEPTH_MAX} rows; ${instead}.`, {
    errors: [{ pointer, detail: `lies past ${PAGE_DEPTH_MAX} rows.` }],
  })
/** Page of a body: `pageNumber`, `pageSize`. */
export const PageBody = {
  pageNumber: z.int().min(1).max(1_000_000_000).default(1),
  pageSize: z.int().min(1).max(PAGE_SIZE_MAX).default(10),
}
/** A whole number of a query, written in digits only. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .openapi({ type: 'integer' })

/** Page of a query: `page`, `pageSize`. */
export const PageQuery = {
  page: wholeNumber(1, 1_000_000_000).default(1),
  pageSize: wholeNumber(1, PAGE_SIZE_MAX).default(20),
}

export const Paged = <Item extends z.ZodType>(item: Item, name: string) =>
  z
    .object({
      items: z.array(item),
      pageNumber: z.int(),
      pageSize: z.int(),
      totalCount: z.int(),
      totalIsExact: z.boolean(),
      totalPages: z.int(),
    })
    .openapi(name)

export interface Page<Item> {
  items: Item[]
  pageNumber: number
  pageSize: number
  totalCount: number
  totalIsExact: boolean
  totalPages: number
}

export const pageOf = <Item>(
  items: Item[],
  page: { readonly pageNumber: number; readonly pageSize: number },
  totalCount: number,
  totalIsExact = true,
): Page<Item> => ({ items, ...page, totalCount, totalIsExact, totalPages: Math.ceil(totalCount / page.pageSize) })

/** ETag of an object's editable fields, from a version that moves with them alone. */
export const etagOf = (version: string | number): string => `"${version}"`

/** ETag of an object's editable fields, from the fields themselves: for objects that change in other ways too. */
export const etagOfFields = (...fields: readonly unknown[]): string =>
  etagOf(createHash('sha256').update(JSON.stringify(fields)).digest('base64url').slice(0, 22))

/** Honours If-Match: 412 when the object was changed since. */
export function checkIfMatch(c: Context, etag: string): void {
  const wanted = c.req.header('if-match')
  if (wanted === undefined || wanted.trim() === '*') return
  const tags = wanted.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (!tags.includes(etag)) throw new Problem('precondition-failed', `The object is now ${etag}.`)
}
