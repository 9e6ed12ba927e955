import { FormData, Pool } from 'undici'
import { type Document, misfits, type Route, routesOf } from './document.ts'
import { faulty, fitting, type World } from './generate.ts'
import { NAUGHTY, NUMBERS, RAW_BODIES } from './naughty.ts'
import { makeRandom, type Random } from './random.ts'

export interface FuzzOptions {
  /** For example http://127.0.0.1:3000 */
  readonly url: string
  readonly key: string
  readonly seed: number
  readonly bodiesPerRoute: number
  /** Ends early, all routes having had about the same number. */
  readonly withinMs?: number
  readonly answerWithinMs?: number
}
export interface FuzzReport {
  readonly routes: number
  readonly requests: number
  readonly fewestPerRoute: number
  readonly byStatus: Readonly<Record<string, number>>
  /** A fault of ours each: 5xx, no answer in time, a status or shape the document does not declare. */
  readonly faults: readonly { readonly route: string; readonly what: string; readonly request: string }[]
}

const AT_ONCE = 16
const FAULTS_KEPT = 50
/** Streams never end by themselves; the last two would end the run. */
const LEFT_OUT = /\/events$|DELETE .*\/ApiKey\/|DELETE .*\/Workspace\//

/** Sends wrong and right requests to every route the server's own document declares, and judges every answer by that document. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const pool = new Pool(options.url, { connections: AT_ONCE, pipelining: 1 })
  const document = (await (await fetch(`${options.url}/api/v1/openapi.json`)).json()) as Document
  const routes = routesOf(document).filter(({ method, path }) => path.startsWith('/api/v1') && !LEFT_OUT.test(`${method} ${path}`))
  const random = makeRandom(options.seed)
  const known = ['01890a5d-ac96-774b-bcce-b302099a8057']
  const world: World = { document, random, ids: () => known }
  const byStatus: Record<string, number> = {}
  const faults = new Map<string, FuzzReport['faults'][number]>()
  const deadline = Date.now() + (options.withinMs ?? Number.POSITIVE_INFINITY)
  let requests = 0
  let rounds = 0

  async function one(route: Route): Promise<void> {
    const request = requestOf(world, route)
    const told = `${route.method} ${request.path}\n${describe(request.body)}`.slice(0, 2_000)
    const fault = (what: string) => {
      const key = `${route.method} ${route.path} ${what.split(/[:,]/)[0]}`
      if (!faults.has(key) && faults.size < FAULTS_KEPT) faults.set(key, { route: `${route.method} ${route.path}`, what, request: told })
    }
    requests++
    try {
      const answer = await pool.request({
        method: route.method as 'GET',
        path: request.path,
        headers: { 'x-api-key': options.key, ...request.headers },
        body: request.body ?? null,
        signal: AbortSignal.timeout(options.answerWithinMs ?? 15_000),
      })
      const text = await answer.body.text()
      byStatus[answer.statusCode] = (byStatus[answer.statusCode] ?? 0) + 1
      if (answer.statusCode >= 500) fault(`answers ${answer.statusCode}: ${text.slice(0, 200)}`)
      else {
        const wrong = judge(document, route, answer.statusCode, String(answer.headers['content-type'] ?? ''), text)
        if (wrong !== undefined) fault(wrong)
      }
      if (answer.statusCode < 300 && known.length < 200) for (const id of text.matchAll(/"id":"([0-9a-f-]{36})"/g)) known.push(id[1] ?? '')
    } catch (error) {
      fault(`gives no answer: ${(error as Error).message}`)
    }
  }

  while (rounds < options.bodiesPerRoute && Date.now() < deadline) {
    for (let i = 0; i < routes.length; i += AT_ONCE) await Promise.all(routes.slice(i, i + AT_ONCE).map(one))
    rounds++
  }
  await pool.destroy()
  return { routes: routes.length, requests, fewestPerRoute: rounds, byStatus, faults: [...faults.values()] }
}

interface Request {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array | FormData | undefined
}

function requestOf(world: World, { method, path, operation }: Route): Request {
  const { random } = world
  const filled = path.replaceAll(
    /\{\w+\}/g,
    () => encodeURIComponent((random.chance(0.7) ? random.pick(world.ids()) : random.pick(NAUGHTY)).toWellFormed()) || 'x',
  )
  const names = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query')
  const query = names
    .filter(() => random.chance(0.4))
    .map(({ name, schema }) => [
      name,
      random.chance(0.5) ? String(fitting(world, schema ?? {})) : String(random.pick<unknown>([...NAUGHTY, ...NUMBERS])),
    ])
  if (random.chance(0.03)) query.push([random.pick(NAUGHTY), random.pick(NAUGHTY)])
  const search = query.map((pair) => pair.map((part) => encodeURIComponent((part ?? '').toWellFormed())).join('=')).join('&')
  const target = `${filled}${search === '' ? '' : `?${search}`}`
  const headers: Record<string, string> = random.chance(0.1) ? { 'idempotency-key': `k${random.below(50)}` } : {}
  if (random.chance(0.03)) headers['if-match'] = random.pick(['*', '"1"', 'W/"1"', '1', '""', 'x'.repeat(500)])
  const content = operation.requestBody?.content
  if (method === 'GET' || method === 'DELETE' || content === undefined)
    return { path: target, headers, body: method === 'GET' ? undefined : bare(random) }
  if ('multipart/form-data' in content) return { path: target, headers, body: form(random) }
  return {
    path: target,
    headers: { ...headers, 'content-type': contentType(random) },
    body: jsonBody(world, content['application/json']?.schema ?? {}),
  }
}

const bare = (random: Random) => (random.chance(0.9) ? undefined : '')
const contentType = (random: Random) =>
  random.chance(0.97)
    ? 'application/json'
    : random.pick(['text/plain', 'application/xml', 'application/json; charset=utf-16', 'multipart/form-data; boundary=x', 'x'])

function jsonBody(world: World, schema: Parameters<typeof fitting>[1]): string | Uint8Array {
  const { random } = world
  if (random.chance(0.08)) return random.pick(RAW_BODIES)
  const value = fitting(world, schema)
  const text = JSON.stringify(random.chance(0.2) ? value : faulty(random, value))
  return random.chance(0.02) ? text.slice(0, random.below(text.length + 1)) : text
}

function form(random: Random): FormData {
  const form = new FormData()
  const csv = () =>
    [
      random.pick(['phone', 'Mobile', '"a', 'x,y', '', '\ufeffphone']),
      ...Array.from({ length: random.below(6) }, () => random.pick(NAUGHTY)),
    ].join(random.pick(['\n', '\r\n', ',', ';']))
  if (random.chance(0.9))
    form.append(
      'file',
      new Blob([random.chance(0.8) ? csv() : new Uint8Array([0xff, 0xfe, 0x00, 0xd8])]),
      random.pick(['a.csv', 'a.jpg', ...NAUGHTY]).replaceAll('\u0000', ''),
    )
  for (const name of ['mapping', 'tags', 'defaultCountry', 'onExisting', 'dryRun', 'phoneNumberId', 'extra'])
    if (random.chance(0.25))
      form.append(name, random.pick(['IN', 'skip', 'true', '{"phone":"phone"}', '{"phone":"attributes."}', ...NAUGHTY]))
  return form
}

/** What is wrong with an answer, by the document: a declared status, its content type, and a body of its shape. */
function judge(document: Document, { operation }: Route, status: number, type: string, text: string): string | undefined {
  if (status === 405) return undefined // an id of `..` names another address
  const declared = operation.responses[status]
  if (declared === undefined) return `answers ${status}, which the document does not declare: ${text.slice(0, 200)}`
  const contents = Object.entries(declared.content ?? {})
  if (contents.length === 0) return text === '' ? undefined : `answers ${status} with a body, declared without`
  const match = contents.find(([name]) => type.startsWith(name))
  if (match === undefined) return `answers ${status} as ${type}`
  const schema = match[1].schema
  if (schema === undefined || !/json/.test(match[0])) return undefined
  try {
    const problems = misfits(document, schema, JSON.parse(text))
    return problems.length > 0 ? `answers ${status} with another shape: ${problems.slice(0, 3).join('; ')}` : undefined
  } catch {
    return `answers ${status} with what is no JSON`
  }
}

const describe = (body: Request['body']): string =>
  body === undefined ? '' : typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString('hex') : 'multipart'
