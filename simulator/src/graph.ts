import { request } from 'undici'
import { GraphError } from './graph-error.ts'
import type { SimNumber, SimTemplate, SimWaba, TokenModel } from './options.ts'

/** What management calls read and change. */
export interface GraphWorld {
  readonly wabas: SimWaba[]
  readonly appId: string
  readonly accessToken: string
  readonly subscriptions: Map<string, { callbackUrl: string | undefined }>
  readonly token: TokenModel
  readonly media: Map<string, { type: string; size: number }>
  nextId(): string
}
export interface GraphRequest {
  readonly method: string
  /** Path parts after the version. */
  readonly parts: readonly string[]
  readonly query: URLSearchParams
  readonly body: Record<string, unknown>
  readonly bytes: Buffer
}

const missing = (id: string) =>
  new GraphError(100, `Object with ID '${id}' does not exist, cannot be loaded due to missing permissions.`, { subcode: 33 })

const numberOf = (number: SimNumber) => ({
  id: number.phoneNumberId,
  display_phone_number: number.displayPhoneNumber,
  verified_name: number.verifiedName,
  quality_rating: number.qualityRating,
  status: 'CONNECTED',
  throughput: { level: number.throughput },
  is_on_biz_app: false,
  platform_type: 'CLOUD_API',
  code_verification_status: 'VERIFIED',
  whatsapp_business_manager_messaging_limit: number.messagingLimit,
})
const pick = (object: Record<string, unknown>, query: URLSearchParams, fallback: readonly string[]) => {
  const fields = new Set(['id', ...(query.get('fields')?.split(',') ?? fallback)])
  return Object.fromEntries(Object.entries(object).filter(([name]) => fields.has(name)))
}

/** A page of a list with Meta's cursors. */
function page(items: readonly Record<string, unknown>[], query: URLSearchParams, path: string) {
  const limit = Math.min(Math.max(Number(query.get('limit') ?? 25) || 25, 1), 1_000)
  const from = Number(Buffer.from(query.get('after') ?? '', 'base64url').toString() || 0)
  const end = from + limit
  const after = Buffer.from(String(end)).toString('base64url')
  return {
    data: items.slice(from, end),
    ...(items.length === 0
      ? {}
      : {
          paging: {
            cursors: { before: Buffer.from(String(from)).toString('base64url'), after },
            ...(end < items.length ? { next: `${path}?after=${after}` } : {}),
          },
        }),
  }
}

/** Management calls: tokens, numbers, templates, subscriptions, media (reference §2, §5, §7, §8, §9). Throws Meta's error. */
export async function graphCall(world: GraphWorld, call: GraphRequest): Promise<unknown> {
  const [first = '', second] = call.parts
  if (first === 'debug_token') {
    const { expiresAt } = world.token
    const isValid = call.query.get('input_token') === world.accessToken && (expiresAt === 0 || expiresAt * 1_000 > Date.now())
    return {
      data: {
        app_id: world.appId,
        is_valid: isValid,
        expires_at: expiresAt,
        scopes: isValid ? world.token.scopes : [],
      },
    }
  }
  const waba = world.wabas.find((known) => known.wabaId === first)
  if (waba !== undefined) return wabaCall(world, waba, second, call)
  const number = world.wabas.flatMap((known) => known.numbers).find((known) => known.phoneNumberId === first)
  if (number !== undefined) {
    if (second === 'media' && call.method === 'POST') {
      const id = world.nextId()
      world.media.set(id, uploadOf(call.bytes))
      return { id }
    }
    if (second === undefined && call.method === 'GET')
      return pick(numberOf(number), call.query, ['display_phone_number', 'verified_name', 'quality_rating'])
  }
  const owner = world.wabas.find((known) => known.templates.some(({ id }) => id === first))
  const template = owner?.templates.find(({ id }) => id === first)
  if (template !== undefined && second === undefined) {
    if (call.method === 'GET') return pick({ ...template }, call.query, ['name', 'language', 'status', 'category', 'components'])
    if (Array.isArray(call.body.components)) template.components = call.body.components as Record<string, unknown>[]
    if (typeof call.body.category === 'string') template.category = call.body.category
    template.status = 'PENDING'
    return { success: true }
  }
  const media = world.media.get(first)
  if (media !== undefined && call.method === 'GET')
    return {
      messaging_product: 'whatsapp',
      id: first,
      mime_type: media.type,
      file_size: media.size,
      sha256: '',
      url: 'https://lookaside.example/media',
    }
  throw missing(first)
}

const MB = 1_048_576
/** What may be uploaded, and how large (reference §8). */
const UPLOADS: readonly (readonly [RegExp, number])[] = [
  [/^image\/(jpeg|png)$/, 5],
  [/^video\/(mp4|3gpp)$/, 16],
  [/^(application\/(pdf|msword|vnd\.[\w.+-]+)|text\/plain)$/, 100],
]

/** The type that a multipart upload names in its field `type`; refuses what Meta does not take. */
function uploadOf(bytes: Buffer): { type: string; size: number } {
  const at = bytes.indexOf('name="type"')
  const type = at < 0 ? '' : (/\r\n\r\n([^\r\n]+)/.exec(bytes.subarray(at, at + 300).toString('latin1'))?.[1] ?? '')
  const limit = UPLOADS.find(([pattern]) => pattern.test(type))?.[1]
  if (limit === undefined) throw new GraphError(100, `Param file must be a file with one of the supported types, not ${type}`)
  if (bytes.length > limit * MB + 10_000) throw new GraphError(131053, `Media upload error: a file of type ${type} has at most ${limit} MB`)
  return { type, size: bytes.length }
}

async function wabaCall(world: GraphWorld, waba: SimWaba, edge: string | undefined, call: GraphRequest): Promise<unknown> {
  const path = `${waba.wabaId}/${edge ?? ''}`
  if (edge === undefined) return pick({ id: waba.wabaId, name: waba.name, currency: 'USD', timezone_id: '1' }, call.query, ['name'])
  if (edge === 'phone_numbers')
    return page(
      waba.numbers.map((number) => pick(numberOf(number), call.query, ['display_phone_number', 'verified_name', 'quality_rating'])),
      call.query,
      path,
    )
  if (edge === 'subscribed_apps') {
    if (call.method === 'GET')
      return {
        data: world.subscriptions.has(waba.wabaId) ? [{ whatsapp_business_api_data: { id: world.appId, name: 'Simulated app' } }] : [],
      }
    if (call.method === 'DELETE') {
      world.subscriptions.delete(waba.wabaId)
      return { success: true }
    }
    const url = call.body.override_callback_uri
    if (typeof url === 'string') await handshake(url, String(call.body.verify_token ?? ''))
    world.subscriptions.set(waba.wabaId, { callbackUrl: typeof url === 'string' ? url : undefined })
    return { success: true }
  }
  if (edge === 'message_templates') return templatesCall(world, waba, call, path)
  throw missing(path)
}

function templatesCall(world: GraphWorld, waba: SimWaba, call: GraphRequest, path: string): unknown {
  if (call.method === 'GET') {
    const wanted = (field: string, value: string) => (call.query.get(field) ?? value).toUpperCase() === value.toUpperCase()
    const found = waba.templates.filter(
      (known) => wanted('status', known.status) && wanted('name', known.name) && wanted('language', known.language),
    )
    return page(
      found.map((known) => pick({ ...known }, call.query, ['name', 'language', 'status', 'category', 'components'])),
      call.query,
      path,
    )
  }
  if (call.method === 'DELETE') {
    const id = call.query.get('hsm_id')
    const name = call.query.get('name')
    const before = waba.templates.length
    waba.templates = waba.templates.filter((known) => (id === null ? known.name !== name : known.id !== id))
    if (waba.templates.length === before) throw new GraphError(100, 'Template not found')
    return { success: true }
  }
  const { name, language, category, components } = call.body
  if (typeof name !== 'string' || !/^[a-z0-9_]{1,512}$/.test(name))
    throw new GraphError(100, 'Invalid parameter: name', { subcode: 2388299 })
  if (typeof language !== 'string' || typeof category !== 'string' || !Array.isArray(components))
    throw new GraphError(100, 'Invalid parameter')
  if (waba.templates.some((known) => known.name === name && known.language === language))
    throw new GraphError(100, 'Content in this language already exists', { subcode: 2388024 })
  const template: SimTemplate = {
    id: world.nextId(),
    name,
    language,
    status: 'PENDING',
    category,
    parameter_format: String(call.body.parameter_format ?? 'POSITIONAL').toUpperCase() === 'NAMED' ? 'NAMED' : 'POSITIONAL',
    components: components as Record<string, unknown>[],
  }
  waba.templates.push(template)
  return { id: template.id, status: template.status, category }
}

/** As Meta does when a callback address is set (reference §9.1, §9.4). */
async function handshake(url: string, verifyToken: string): Promise<void> {
  const challenge = String(Math.floor(Math.random() * 1e10))
  const target = new URL(url)
  target.searchParams.set('hub.mode', 'subscribe')
  target.searchParams.set('hub.verify_token', verifyToken)
  target.searchParams.set('hub.challenge', challenge)
  let answer = ''
  try {
    const response = await request(target, { headersTimeout: 10_000 })
    const text = await response.body.text()
    answer = response.statusCode === 200 ? text : ''
  } catch {
    // nobody there: refused below
  }
  if (answer !== challenge)
    throw new GraphError(2200, 'Callback verification failed with the following errors: the challenge was not answered')
}
