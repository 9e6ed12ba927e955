import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { writeAnswer, writeJson } from './answer.ts'
import { chance } from './chance.ts'
import { controlCall } from './control.ts'
import { type Faults, makeFaults } from './faults.ts'
import { type GraphWorld, graphCall } from './graph.ts'
import { GraphError } from './graph-error.ts'
import { makeLeanServer } from './lean.ts'
import { type Ledger, makeLedger } from './ledger.ts'
import { makeLimits } from './limits.ts'
import {
  type FaultRule,
  PERSON,
  type PersonModel,
  type SimNumber,
  type SimulatorOptions,
  type SimWaba,
  TOKEN,
  type TokenModel,
  WEBHOOKS,
  type WebhookModel,
} from './options.ts'
import { makePeople } from './person.ts'
import { makePoster } from './poster.ts'
import { type Answer, makeSend } from './send.ts'
import { defaultWaba } from './templates.ts'

export type * from './options.ts'

/** A running stand-in for Meta's Cloud API. The HTTP control API does the same as these calls. */
export interface Simulator {
  readonly url: string
  readonly port: number
  readonly wabaId: string
  readonly phoneNumberId: string
  readonly accessToken: string
  readonly appSecret: string
  readonly wabas: readonly SimWaba[]
  readonly ledger: Pick<Ledger, 'entries' | 'summary'>
  setFaults(rules: readonly FaultRule[]): void
  faults(): FaultRule[]
  setPerson(model: Partial<PersonModel>): void
  setWebhooks(model: Partial<WebhookModel>): void
  setLatency(latencyMs: number, jitterMs?: number): void
  setToken(model: Partial<TokenModel>): void
  /** Answers of the full server carry a `Date` that is this far ahead of the machine's clock. */
  setClock(aheadMs: number): void
  holdWebhooks(): void
  releaseWebhooks(): void
  /** Resolves when every scheduled webhook was delivered. */
  idle(): Promise<void>
  /** A message from a person, as a webhook; `message` as Meta's `messages[]` item without `from` and `id`. */
  sendInbound(from: string, message: Record<string, unknown>): void
  /** Any change of the first account, as a webhook. */
  sendWebhook(field: string, value: Record<string, unknown>): void
  /** Changes a template and tells it by webhook. */
  changeTemplate(name: string, language: string, change: { status?: string; category?: string; quality?: string }): void
  changeNumber(phoneNumberId: string, change: Partial<SimNumber>): void
  /** Every upload is gone, as after 30 days. */
  expireMedia(): void
  reset(): void
  close(): Promise<void>
}

/** Requests with larger bodies are refused. */
const BODY_MAX = 110 * 1_048_576

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const seed = options.seed ?? 1
  const isLean = options.lean ?? false
  const appSecret = options.appSecret ?? 'simulator-app-secret'
  const accessToken = options.accessToken ?? 'simulator-token'
  const wabas =
    options.wabas !== undefined && options.wabas.length > 0
      ? options.wabas
      : [defaultWaba(options.trackedUrlBase ?? 'http://127.0.0.1:3000/r/')]
  const person = { ...PERSON, ...options.person }
  const subscriptions = new Map<string, { callbackUrl: string | undefined }>()
  const poster = makePoster({
    appSecret,
    seed,
    model: { ...WEBHOOKS, ...options.webhooks },
    target: (wabaId) => (subscriptions.has(wabaId) ? (subscriptions.get(wabaId)?.callbackUrl ?? options.callbackUrl) : options.callbackUrl),
  })
  const ledger = makeLedger({
    lean: isLean,
    file: options.ledgerFile,
    webhooks: () => poster.counts(),
    onAccepted: options.onAccepted,
  })
  const people = makePeople({ model: person, seed, poster, ledger, now: () => Date.now() })
  const limits = makeLimits({
    rate: options.enforceRate ?? true,
    pair: options.enforcePairRate ?? !isLean,
    limit: options.enforceLimit ?? !isLean,
  })
  const faults: Faults = makeFaults(seed)
  const jitter = chance(seed ^ 0x6a697474)
  let latency = { ms: options.latencyMs ?? 0, jitterMs: options.jitterMs ?? 0 }
  let ids = 1_000_000
  const world: GraphWorld = {
    wabas,
    appId: options.appId ?? '1122334455',
    accessToken,
    subscriptions,
    token: { ...TOKEN },
    media: new Map(),
    nextId: () => `77${String(ids++).padStart(13, '0')}`,
  }
  const numbers = new Map(wabas.flatMap((waba) => waba.numbers.map((number) => [number.phoneNumberId, { waba, number }] as const)))
  const proofOf = (token: string) => createHmac('sha256', appSecret).update(token).digest('hex')
  const proof = proofOf(accessToken)

  const trace = () => `A${(ids++).toString(36)}sim`
  const send = makeSend({
    faults,
    limits,
    ledger,
    media: world.media,
    receive: (delivery) => {
      if (!isLean) people.receive(delivery)
    },
    nextId: () => ids++,
    trace,
  })
  let aheadMs = 0
  const delayMs = () => latency.ms + (latency.jitterMs > 0 ? (jitter() * 2 - 1) * latency.jitterMs : 0)

  /** Writes an answer after the latency. */
  function answer(response: ServerResponse, given: Answer): void {
    const delay = delayMs() + (given.fault?.kind === 'late' ? given.fault.delayMs : 0)
    if (delay > 0) setTimeout(() => writeAnswer(response, given, trace), delay)
    else writeAnswer(response, given, trace)
  }
  const refuse = (error: GraphError): Answer => ({ status: error.httpStatus, body: error.toBody(trace()), fault: undefined })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (aheadMs !== 0) response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString())
    const bytes = await readBody(request)
    const url = new URL(request.url ?? '/', 'http://simulator')
    if (url.pathname === '/' || url.pathname.startsWith('/_sim/'))
      return controlCall(simulator, world, { method: request.method ?? 'GET', url, bytes, response })
    const parts = url.pathname.split('/').filter(Boolean)
    if (/^v\d+\.\d+$/.test(parts[0] ?? '')) parts.shift()
    try {
      if (
        request.headers.authorization !== `Bearer ${accessToken}` &&
        !(parts[0] === 'debug_token' && request.headers.authorization?.startsWith('Bearer '))
      )
        throw new GraphError(190, 'Invalid OAuth access token - Cannot parse access token')
      const given = url.searchParams.get('appsecret_proof')
      const bearer = request.headers.authorization?.slice('Bearer '.length) ?? ''
      if (given !== null && given !== (bearer === accessToken ? proof : proofOf(bearer)))
        throw new GraphError(100, 'Invalid appsecret_proof provided in the API argument')
      const isJson = /json/.test(request.headers['content-type'] ?? '')
      const body: unknown = bytes.length > 0 && isJson ? parse(bytes) : {}
      const found = numbers.get(parts[0] ?? '')
      if (found !== undefined && parts[1] === 'messages' && request.method === 'POST') return answer(response, send(found, body))
      const result = await graphCall(world, {
        method: request.method ?? 'GET',
        parts,
        query: url.searchParams,
        body: body as Record<string, unknown>,
        bytes,
      })
      writeJson(response, 200, JSON.stringify(result))
    } catch (error) {
      if (!(error instanceof GraphError)) throw error
      answer(response, refuse(error))
    }
  }

  const full = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error)
      if (!response.headersSent) writeJson(response, 500, JSON.stringify({ error: { message: 'simulator fault', code: 131000 } }))
    })
  })
  const lean = isLean
    ? makeLeanServer({ full, accessToken, proof, numbers, send, parse, refuse, delayMs, isOpen: () => faults.list().length === 0 })
    : undefined
  const server = lean?.server ?? full
  await new Promise<void>((listening, failed) => server.once('error', failed).listen(options.port ?? 0, '127.0.0.1', listening))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const [firstWaba] = wabas as [SimWaba]
  const firstNumber = firstWaba.numbers[0] as SimNumber

  const simulator: Simulator = {
    url: `http://127.0.0.1:${port}`,
    port,
    wabaId: firstWaba.wabaId,
    phoneNumberId: firstNumber.phoneNumberId,
    accessToken,
    appSecret,
    wabas,
    ledger,
    setFaults: (rules) => faults.set(rules),
    faults: () => faults.list(),
    setPerson: (model) => void Object.assign(person, model),
    setWebhooks: (model) => poster.configure(model),
    setLatency(ms, jitterMs = 0) {
      latency = { ms, jitterMs }
    },
    setToken: (model) => void Object.assign(world.token, model),
    setClock(ms) {
      aheadMs = ms
    },
    holdWebhooks: () => poster.hold(),
    releaseWebhooks: () => poster.release(),
    idle: () => poster.idle(),
    sendInbound: (from, message) =>
      poster.schedule({ wabaId: firstWaba.wabaId, field: 'messages', value: people.inbound(firstWaba, firstNumber, from, message) }, 0),
    sendWebhook: (field, value) => poster.schedule({ wabaId: firstWaba.wabaId, field, value }, 0),
    changeTemplate(name, language, change) {
      const template = firstWaba.templates.find((known) => known.name === name && known.language === language)
      if (template === undefined) throw new Error(`no template ${name} ${language}`)
      const named = { message_template_id: Number(template.id), message_template_name: name, message_template_language: language }
      if (change.status !== undefined) {
        template.status = change.status
        simulator.sendWebhook('message_template_status_update', { event: change.status, ...named, reason: null })
      }
      if (change.quality !== undefined) {
        const previous = template.quality_score?.score ?? 'UNKNOWN'
        template.quality_score = { score: change.quality }
        simulator.sendWebhook('message_template_quality_update', {
          previous_quality_score: previous,
          new_quality_score: change.quality,
          ...named,
        })
      }
      if (change.category !== undefined) {
        const previous = template.category
        template.category = change.category
        simulator.sendWebhook('template_category_update', { previous_category: previous, new_category: change.category, ...named })
      }
    },
    expireMedia: () => world.media.clear(),
    changeNumber(phoneNumberId, change) {
      const found = numbers.get(phoneNumberId)
      if (found === undefined) throw new Error(`no number ${phoneNumberId}`)
      Object.assign(found.number, change)
    },
    reset() {
      ledger.reset()
      limits.reset()
      faults.set([])
    },
    async close() {
      await poster.close()
      lean?.closeConnections()
      full.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
  return simulator
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new GraphError(100, 'The body is not valid JSON')
  }
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= BODY_MAX) chunks.push(chunk)
    })
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
    request.on('error', reject)
  })
}
