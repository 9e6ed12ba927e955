import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Simulator, startSimulator } from '@fanfare/simulator'
import { freePort } from '../../../server/src/platform/test-port.ts'
import { type Api, makeApi } from '../api.ts'
import { type ServerProcess, startServer } from '../server-process.ts'
import { connectAccount, importPeople, type SimulatorOptions } from '../world.ts'
import { type Network, startNetwork } from './network.ts'
import type { Postgres } from './postgres.ts'
import { makeWebhookPoster, type WebhookPoster } from './webhook.ts'

export interface StageOptions {
  readonly people?: number
  /** Messages per second of the number; the simulator's own limit stands at 1,000. */
  readonly rate?: number
  /** W of the number; small by default, so that it binds. */
  readonly window?: number
  /** Processes: by default one that does everything. */
  readonly apis?: number
  readonly workers?: number
  readonly environment?: Record<string, string>
  /** The database is reached through a network that can be broken: always so in the area `database`. */
  readonly hasNetwork?: boolean
  readonly simulator?: SimulatorOptions
}

/** One process of the product, which can be ended and started again on its port. */
export interface Actor {
  readonly role: 'all' | 'api' | 'worker'
  readonly url: string
  readonly pid: () => number
  readonly output: () => string
  signal(name: NodeJS.Signals): void
  kill(): Promise<void>
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>
  start(): Promise<void>
}

/** Server processes, simulator and database of one cell: nothing is shared with another. */
export interface Stage {
  readonly simulator: Simulator
  readonly api: Api
  readonly accountId: string
  readonly actors: readonly Actor[]
  /** Between the product and its database. */
  readonly network: Network
  readonly postgres: Postgres
  readonly databaseUrl: string
  readonly webhooks: WebhookPoster
  readonly people: number
  readonly rate: number
  /** W: intents of the number without a durable result, at most. */
  readonly window: number
  /** Settings for processes started from now on. */
  configure(environment: Record<string, string>): void
  addWorker(): Promise<Actor>
  close(): Promise<void>
}

/** Times are cut short by settings, so that a cell takes seconds: what is proven does not depend on their length. */
const SHORT = {
  SEND_TIMEOUT_MS: '3000',
  RESCUE_GRACE_MS: '1000',
  LEASE_MS: '1000',
  API_RATE_PER_SECOND: '100000',
  LOG_LEVEL: 'warn',
  NODE_COMPILE_CACHE: join(tmpdir(), 'fanfare-chaos-compile-cache'), // processes start again and again
}

export async function setStage(postgres: Postgres, seed: number, options: StageOptions, startWith: readonly string[] = []): Promise<Stage> {
  const databaseUrl = await postgres.createDatabase()
  const network = await startNetwork(postgres.port)
  const reachedAt = new URL(databaseUrl)
  if (options.hasNetwork) reachedAt.port = String(network.port)
  const port = String(await freePort())
  const publicUrl = `http://127.0.0.1:${port}`
  const simulator = await startSimulator({
    seed,
    latencyMs: 90,
    jitterMs: 50,
    trackedUrlBase: `${publicUrl}/r/`,
    ...options.simulator,
    person: { deliver: 1, read: 0.5, timeScale: 0.05, ...options.simulator?.person },
  })
  simulator.changeNumber(simulator.phoneNumberId, { throughput: 'HIGH' })
  const dataDir = mkdtempSync(join(tmpdir(), 'fanfare-chaos-data-'))
  let environment: Record<string, string> = {
    ...SHORT,
    BOOTSTRAP_API_KEY: randomBytes(32).toString('hex'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    META_GRAPH_BASE_URL: simulator.url,
    DATABASE_URL: reachedAt.toString(),
    DATA_DIR: dataDir,
    ...options.environment,
    PUBLIC_URL: publicUrl,
  }
  const key = environment.BOOTSTRAP_API_KEY as string
  const actors: Actor[] = []
  const people = options.people ?? 150
  const rate = options.rate ?? 100
  const window = options.window ?? 16

  async function close(): Promise<void> {
    await Promise.all(actors.map((actor) => actor.kill()))
    await network.close()
    await simulator.close()
    rmSync(dataDir, { recursive: true, force: true })
    await postgres.dropDatabase(databaseUrl).catch(() => {}) // a cell may have taken the whole server away
  }

  async function addActor(role: Actor['role'], ownPort: string): Promise<Actor> {
    const begin = () => startServer({ ...environment, ROLE: role, PORT: ownPort }, { nodeArguments: startWith })
    let server: ServerProcess = await begin()
    const actor: Actor = {
      role,
      url: `http://127.0.0.1:${ownPort}`,
      pid: () => server.pid,
      output: () => server.output(),
      signal: (name) => void process.kill(server.pid, name),
      kill: () => server.kill(),
      stop: () => server.stop(),
      async start() {
        server = await begin()
      },
    }
    actors.push(actor)
    return actor
  }

  try {
    const { apis = 1, workers = 0 } = options
    await addActor(workers > 0 ? 'api' : 'all', port)
    for (let i = 1; i < apis; i++) await addActor('api', String(await freePort()))
    for (let i = 0; i < workers; i++) await addActor('worker', String(await freePort()))
    const api = makeApi(publicUrl, key)
    const accountId = await connectAccount(api, simulator)
    const { items } = await api.call<{ items: { id: string }[] }>('GET', `/WhatsappAccount/${accountId}/phone-numbers`)
    await api.call('PUT', `/PhoneNumber/${items[0]?.id}`, { ratePerSecond: rate, maxInFlight: window })
    if (people > 0) await importPeople(api, people, { seed })
    return {
      simulator,
      api,
      accountId,
      actors,
      network,
      postgres,
      databaseUrl,
      webhooks: makeWebhookPoster(simulator, `${publicUrl}/webhooks/meta/${accountId}`),
      people,
      rate,
      window,
      configure(change) {
        environment = { ...environment, ...change }
      },
      addWorker: async () => addActor('worker', String(await freePort())),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
