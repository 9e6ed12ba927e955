import { randomBytes } from 'node:crypto'
import { type Simulator, startSimulator } from '@fanfare/simulator'
import { freePort } from '../../server/src/platform/test-port.ts'
import { type Api, makeApi, until } from './api.ts'
import { peopleCsv } from './people.ts'
import { type ServerProcess, startServer } from './server-process.ts'

export type SimulatorOptions = NonNullable<Parameters<typeof startSimulator>[0]>

/** A server, the simulator it sends to, and an account between them: what every journey starts from. */
export interface World {
  readonly simulator: Simulator
  readonly api: Api
  readonly accountId: string
  server(): ServerProcess
  /** A new process in place of one that was stopped, with these settings changed. */
  start(changed?: Record<string, string>): Promise<void>
  /** kill -9, then a new process on the same database and port. */
  crashAndRestart(): Promise<void>
  /** SIGTERM, then a new process; the exit code of the old one. */
  restart(): Promise<number | null>
  /** One more process that only dispatches, on the same database. */
  addWorker(): Promise<ServerProcess>
  close(): Promise<void>
}

export interface Campaign {
  readonly id: string
  readonly status: string
  readonly counts: Record<'audience' | 'pending' | 'sent' | 'delivered' | 'read' | 'failed' | 'skipped' | 'unknown' | 'cancelled', number>
  readonly funnel: Record<'audience' | 'sent' | 'delivered' | 'read' | 'clicked' | 'replied' | 'optedOut', number>
  readonly hold: { readonly reason: string; readonly detail: string } | null
  readonly progress: { readonly ratePerSecond: number; readonly etaAt: string | null } | null
}

/**
 * @param options.environment settings of the server beside those that connect it to the simulator
 * @param options.simulator see the simulator's README
 */
export async function makeWorld(options: {
  readonly environment: Record<string, string>
  readonly simulator?: SimulatorOptions
  readonly echo?: boolean
}): Promise<World> {
  const port = options.environment.PORT ?? String(await freePort())
  const publicUrl = `http://127.0.0.1:${port}`
  const simulator = await startSimulator({ trackedUrlBase: `${publicUrl}/r/`, ...options.simulator })
  const environment = {
    BOOTSTRAP_API_KEY: randomBytes(32).toString('hex'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    META_GRAPH_BASE_URL: simulator.url,
    LOG_LEVEL: 'warn',
    ...options.environment,
    PORT: port,
    PUBLIC_URL: publicUrl,
  }
  const start = (changed: Record<string, string> = {}) =>
    startServer({ ...environment, ...changed }, { echo: options.echo ?? false }).catch(async (error: unknown) => {
      await simulator.close() // or it would keep the process alive
      throw error
    })
  let server = await start()
  const workers: ServerProcess[] = []
  const api = makeApi(publicUrl, environment.BOOTSTRAP_API_KEY)
  const accountId = await connectAccount(api, simulator)
  return {
    simulator,
    api,
    accountId,
    server: () => server,
    async start(changed) {
      server = await start(changed)
    },
    async crashAndRestart() {
      await server.kill()
      server = await start()
    },
    async restart() {
      const code = await server.stop()
      server = await start()
      return code
    },
    async addWorker() {
      const worker = await startServer({ ...environment, ROLE: 'worker', PORT: String(await freePort()) })
      workers.push(worker)
      return worker
    },
    async close() {
      for (const worker of workers) await worker.stop()
      await server.stop()
      await simulator.close()
    },
  }
}

/** Connects the simulator's WABA, or finds it connected from an earlier run. */
export async function connectAccount(api: Api, simulator: Simulator): Promise<string> {
  const known = await api.call<{ items: { id: string; wabaId: string }[] }>('POST', '/WhatsappAccount/getall', {})
  const existing = known.items.find(({ wabaId }) => wabaId === simulator.wabaId)
  if (existing !== undefined) {
    await api.call('POST', `/WhatsappAccount/${existing.id}/sync`, {})
    await api.call('POST', `/WhatsappAccount/${existing.id}/verify`, {})
    return existing.id
  }
  const { id } = await api.call<{ id: string }>('POST', '/WhatsappAccount', {
    name: 'Simulator',
    wabaId: simulator.wabaId,
    accessToken: simulator.accessToken,
    appSecret: simulator.appSecret,
    webhookVerifyToken: randomBytes(16).toString('hex'),
  })
  return id
}

/** Imports sample people and waits until every row is in. */
export const importPeople = (api: Api, count: number, options: { readonly seed?: number; readonly from?: number } = {}): Promise<string> =>
  importCsv(api, [...peopleCsv(count, options.seed ?? 1, options.from ?? 0)].join(''), count)

/** Imports a file of so many rows and waits until every row is in. */
export async function importCsv(api: Api, text: string, rows: number): Promise<string> {
  const form = new FormData()
  form.set('file', new Blob([text], { type: 'text/csv' }), 'people.csv') // one part: a part for each row takes seconds to send
  const answer = await api.raw('POST', '/Contact/import', { body: form })
  const { importId } = (await answer.json()) as { importId: string }
  if (answer.status !== 202) throw new Error(`import → ${answer.status}`)
  await until(
    'the import',
    () => api.call<{ status: string }>('GET', `/Contact/import/${importId}`),
    ({ status }) => status === 'Completed' || status === 'Failed',
    60_000 + rows / 2,
  )
  return importId
}

/** The id of a template by name. */
export async function templateId(api: Api, name: string, language = 'en_US'): Promise<string> {
  const { items } = await api.call<{ items: { id: string; name: string; language: string }[] }>('POST', '/WhatsappTemplate/getall', {
    pageSize: 200,
  })
  const found = items.find((item) => item.name === name && item.language === language)
  if (found === undefined) throw new Error(`no template ${name} ${language} among ${items.map((item) => item.name).join(', ')}`)
  return found.id
}

export const campaignOf = (api: Api, id: string): Promise<Campaign> => api.call<Campaign>('GET', `/WhatsappCampaign/${id}`)

/** Waits until nobody is left to dispatch. */
export const completed = (api: Api, id: string, timeoutMs = 120_000): Promise<Campaign> =>
  until(
    'the campaign to complete',
    () => campaignOf(api, id),
    ({ status }) => status !== 'Running',
    timeoutMs,
  )

/** Every recipient's shown status, by paging through the delivery list. */
export async function recipients(
  api: Api,
  id: string,
): Promise<{ contactId: string; phone: string; status: string; wamid: string | null }[]> {
  const all: { contactId: string; phone: string; status: string; wamid: string | null }[] = []
  for (let page = 1; ; page++) {
    const { items, totalPages } = await api.call<{ items: typeof all; totalPages: number }>(
      'GET',
      `/WhatsappCampaign/${id}/contacts?page=${page}&pageSize=200`,
    )
    all.push(...items)
    if (page >= totalPages) return all
  }
}
