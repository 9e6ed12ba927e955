import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../server/src/platform/embedded-postgres.ts'
import { until } from '../api.ts'
import { makeWorld, type SimulatorOptions, templateId, type World } from '../world.ts'
import { type Gauge, makeGauge } from './gauge.ts'
import { postgresVersion } from './machine.ts'
import type { Report } from './report.ts'

/** What parts measure: a server as a user runs it, a lean simulator, and a PostgreSQL of their own with fsync on. */
export interface Stand {
  readonly world: World
  /** The database as its owner. */
  readonly client: pg.Client
  readonly gauge: Gauge
  readonly database: EmbeddedPostgres
  readonly dataDir: string
  readonly workspaceId: string
  /** Ids of our numbers, in the order of the simulator's. */
  readonly numberIds: readonly string[]
  /** How fast each number may go, and how many requests it may have under way; without, as many as the product allows by itself. */
  setPace(pace: { readonly perSecond: number; readonly window?: number }): Promise<void>
  /** A campaign to everybody the filter finds, not yet started. */
  addCampaign(campaign: {
    readonly name: string
    readonly number?: number
    readonly filter?: Record<string, unknown>
    readonly ratePerSecond?: number
  }): Promise<string>
  start(campaignIds: readonly string[]): Promise<void>
  /** Waits until so many messages of these campaigns are stored as sent, looking every 20 ms. */
  sent(campaignIds: readonly string[], messages: number, timeoutMs?: number): Promise<void>
}

export interface StandOptions {
  readonly numbers?: number
  readonly latencyMs: number
  readonly onAccepted?: SimulatorOptions['onAccepted']
}

/** Templates without parameters: what is measured is sending. */
const waba = (numbers: number): NonNullable<SimulatorOptions['wabas']>[number] => ({
  wabaId: '215589313241560',
  portfolioId: '506371120033991',
  name: 'Bench',
  numbers: Array.from({ length: numbers }, (_, n) => ({
    phoneNumberId: `4417853723${String(45_678 + n)}`,
    displayPhoneNumber: `+1 555-004-${7_120 + n}`,
    verifiedName: 'Bench',
    throughput: 'HIGH' as const,
    messagingLimit: 'TIER_UNLIMITED',
    qualityRating: 'GREEN',
  })),
  templates: [
    {
      id: '987650012345000',
      name: 'hello_world',
      language: 'en_US',
      status: 'APPROVED',
      category: 'UTILITY',
      parameter_format: 'POSITIONAL',
      components: [
        { type: 'BODY', text: 'Welcome and congratulations! This message shows that everything works.' },
        {
          type: 'BUTTONS',
          buttons: [
            { type: 'QUICK_REPLY', text: 'Call me back' },
            { type: 'QUICK_REPLY', text: 'Not now' },
          ],
        },
      ],
      quality_score: { score: 'GREEN' },
    },
  ],
})

/** Makes a stand for as long as the work takes; whatever happens, all of it ends. */
export async function withStand(report: Report, options: StandOptions, work: (stand: Stand) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fanfare-bench-'))
  chmodSync(dataDir, 0o755)
  const database = await startEmbeddedPostgres({ dataDir })
  try {
    const world = await makeWorld({
      environment: { DATABASE_URL: database.url, DATA_DIR: dataDir, API_RATE_PER_SECOND: '100000' },
      simulator: {
        lean: true,
        latencyMs: options.latencyMs,
        enforceRate: false,
        enforcePairRate: false,
        enforceLimit: false,
        wabas: [waba(options.numbers ?? 1)],
        ...(options.onAccepted === undefined ? {} : { onAccepted: options.onAccepted }),
      },
    })
    const client = new pg.Client({ connectionString: database.url })
    try {
      await client.connect()
      report.postgres(await postgresVersion(client))
      await work(await standOf(world, client, database, dataDir))
    } finally {
      await client.end()
      await world.close()
    }
  } finally {
    await ended(database)
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Stops the database; it stays while somebody is connected, so a process of ours that ends just now is waited for. */
async function ended(database: EmbeddedPostgres): Promise<void> {
  const isGone = async () => {
    await database.stop()
    const client = new pg.Client({ connectionString: database.url })
    client.on('error', () => {})
    return client.connect().then(
      () => client.end().then(() => false),
      () => true,
    )
  }
  await until('the database to end', isGone, (is) => is, 60_000)
}

async function standOf(world: World, client: pg.Client, database: EmbeddedPostgres, dataDir: string): Promise<Stand> {
  const { api } = world
  const numbers = (
    await client.query<{ id: string; workspace_id: string }>('SELECT id, workspace_id FROM phone_number ORDER BY phone_number_id')
  ).rows
  const template = await templateId(api, 'hello_world')
  return {
    world,
    client,
    database,
    dataDir,
    gauge: await makeGauge(client, () => world.server().pid),
    workspaceId: numbers[0]?.workspace_id ?? '',
    numberIds: numbers.map(({ id }) => id),
    async setPace({ perSecond, window }) {
      await client.query('UPDATE phone_number SET throughput_per_second = $1, rate_per_second = NULL, max_in_flight = $2', [
        perSecond,
        window === undefined ? null : Math.min(2_000, window),
      ])
    },
    async addCampaign({ name, number = 0, filter = { everyone: true }, ratePerSecond }) {
      const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
        name,
        templateId: template,
        contactFilter: filter,
        senderId: numbers[number]?.id,
        ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
      })
      return id
    },
    async start(ids) {
      await Promise.all(ids.map((id) => api.call('POST', `/WhatsappCampaign/${id}/quick-run`)))
    },
    async sent(ids, messages, timeoutMs = 600_000) {
      const stored = async () => {
        const { rows } = await client.query<{ n: number }>(
          'SELECT coalesce(sum(sent + delivered + read), 0)::int AS n FROM campaign_counter WHERE campaign_id = ANY($1::uuid[])',
          [ids],
        )
        return rows[0]?.n ?? 0
      }
      await until('every message to be stored as sent', stored, (n) => n >= messages, timeoutMs, 20)
    },
  }
}

/** Requests under way that a number needs for its rate at a latency, with room for a slow moment. */
export const windowFor = (perSecond: number, latencyMs: number): number =>
  Math.min(2_000, Math.max(32, Math.ceil((perSecond * latencyMs * 1.6) / 1_000)))
