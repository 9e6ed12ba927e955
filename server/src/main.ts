import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { bootstrap } from './access/bootstrap.ts'
import { endEventStreams } from './analytics/events.ts'
import { buildApp } from './app.ts'
import { forgetSpentConfirmations } from './confirmations/actions.ts'
import { addUpCounts } from './contacts/count.ts'
import { eraseLateNews } from './contacts/erasure.ts'
import { startWorker, type Worker } from './dispatch/worker.ts'
import { forgetExpiredIdentity } from './identity/throttle.ts'
import { startImports } from './imports/runner.ts'
import { startOutgoing } from './outgoing/runner.ts'
import { type Config, readConfig, tracesUrl } from './platform/config.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './platform/embedded-postgres.ts'
import type { Deps } from './platform/http.ts'
import { forgetOldAnswers } from './platform/idempotency.ts'
import { encryptionKeys } from './platform/key-file.ts'
import { listen } from './platform/listen.ts'
import { createLogger, type Logger } from './platform/log.ts'
import { migrate } from './platform/migrate.ts'
import { openSecrets } from './platform/secrets.ts'
import type { Tracing } from './platform/tracing.ts'
import { loginOf, openPools } from './platform/wall.ts'
import { startRetention } from './retention/runner.ts'
import { startIntakeWatch } from './webhooks/intake-watch.ts'

/** A process that has not ended by then is ended: longer than any drain of ours. */
const STOP_WITHIN_MS = 25_000
/** A stopping process still answers for this long, says so at /readyz and closes each connection after its answer: callers move on. */
const STEP_ASIDE_MS = 1_000

const config = readSettings()
const log = createLogger(config.LOG_LEVEL)
main().catch((error: unknown) => {
  console.error((error as Error).message)
  log.fatal({ err: error }, 'the start failed')
  process.exit(1)
})

function readSettings(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error(`These settings are not valid:\n${(error as Error).message}`)
    process.exit(1)
  }
}

async function main(): Promise<void> {
  const traces = await startTraces()
  const embedded = config.DATABASE_URL === undefined ? await embeddedDatabase() : undefined
  const url = config.DATABASE_URL ?? embedded?.url ?? ''
  const owner = config.MIGRATION_DATABASE_URL ?? url
  const applied = await withPatience(log, () => migrate(owner, { login: loginOf(url, owner) }))
  if (applied.length > 0) log.info({ applied }, 'database migrated')
  const { pool, system, missing } = await openPools({ owner, requests: url }, { max: 20, name: `fanfare-${config.ROLE}` })
  if (missing !== undefined)
    log.warn({ missing }, 'no row-level security for requests: the login must own the database, or MIGRATION_DATABASE_URL name another')
  const { BOOTSTRAP_ADMIN_EMAIL: email, BOOTSTRAP_ADMIN_PASSWORD: password } = config
  const { installId, generatedKey, setupToken } = await bootstrap(system, {
    apiKey: config.BOOTSTRAP_API_KEY,
    admin: email === undefined || password === undefined ? undefined : { email, password },
    offersSetup: config.ROLE !== 'worker',
  })
  const deps: Deps = {
    config,
    pool: config.ROLE === 'worker' ? system : pool,
    system,
    log,
    secrets: await openSecrets(system, encryptionKeys(config)),
    install: { id: installId },
    now: () => new Date(),
  }

  const everywhere = { ...deps, pool: system }
  const app = buildApp(deps, config.ROLE === 'worker' ? { only: 'health' } : {})
  let isStopping = false
  const answer: typeof app.fetch = (request, ...rest) =>
    isStopping && new URL(request.url).pathname === '/readyz' ? steppingAside() : app.fetch(request, ...rest)
  const server = await listen({ fetch: answer, direct: app.direct }, { host: config.HOST, port: config.PORT })
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (isStopping) response.setHeader('Connection', 'close')
  })
  const worker = config.ROLE === 'api' ? undefined : await startWorker(everywhere)
  const intake = config.ROLE === 'worker' ? undefined : startIntakeWatch(everywhere)
  const imports = config.ROLE === 'api' ? undefined : startImports(everywhere)
  const outgoing = config.ROLE === 'api' ? undefined : startOutgoing(everywhere)
  const retention = config.ROLE === 'api' ? undefined : startRetention(everywhere)
  const forgetting = setInterval(
    () =>
      void Promise.all([eraseLateNews(everywhere), addUpCounts(system)]).catch((error: unknown) =>
        log.warn({ err: error }, 'sweep failed'),
      ),
    30_000,
  )
  const sweep = setInterval(
    () =>
      void Promise.all([forgetOldAnswers(system), forgetExpiredIdentity(system), forgetSpentConfirmations(system)]).catch(
        (error: unknown) => log.warn({ err: error }, 'sweep failed'),
      ),
    3_600_000,
  )

  console.log(
    config.ROLE === 'worker' ? 'Fanfare is ready.' : `Fanfare is ready: ${config.PUBLIC_URL}  (API page: ${config.PUBLIC_URL}/docs)`,
  )
  if (setupToken !== undefined) console.log(`Set-up link, for one use: ${config.PUBLIC_URL}/setup?token=${setupToken}`)
  if (generatedKey !== undefined) console.log(`API key, shown this once: ${generatedKey}`)

  const stop = (signal: string) => {
    if (isStopping) return
    isStopping = true
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref()
    clearInterval(sweep)
    intake?.stop()
    clearInterval(forgetting)
    shutDown({ server, worker, imports, outgoing, retention, embedded, traces, pools: [pool, system] }).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
}

interface Parts {
  readonly server: Server
  readonly worker: Worker | undefined
  readonly imports: { stop(): Promise<void> } | undefined
  readonly outgoing: { stop(): Promise<void> } | undefined
  readonly retention: { stop(): Promise<void> } | undefined
  readonly embedded: EmbeddedPostgres | undefined
  readonly traces: Tracing | undefined
  readonly pools: readonly Deps['pool'][]
}

const steppingAside = () =>
  Response.json(
    { type: '/problems/store-unavailable', title: 'This process is stopping', status: 503, code: 'store-unavailable' },
    { status: 503, headers: { 'Content-Type': 'application/problem+json', 'Retry-After': '1' } },
  )

/** In this order: callers move on, no new requests, event streams end, answers still coming are recorded, then the store. */
async function shutDown({ server, worker, imports, outgoing, retention, embedded, traces, pools }: Parts): Promise<void> {
  const drained = Promise.all([worker?.stop(), imports?.stop(), outgoing?.stop(), retention?.stop()]) // no new intents from now on
  if (config.ROLE !== 'worker') await new Promise((resolve) => setTimeout(resolve, STEP_ASIDE_MS))
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  endEventStreams()
  server.closeIdleConnections()
  await drained
  server.closeIdleConnections()
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 3_000))])
  const told = traces?.stop().catch(() => {})
  if (told !== undefined) await Promise.race([told, new Promise((resolve) => setTimeout(resolve, 2_000))]) // the collector may be away
  for (const pool of new Set(pools)) await pool.end()
  await embedded?.stop()
}

/** The packages are loaded only where a collector is named. */
async function startTraces(): Promise<Tracing | undefined> {
  const url = tracesUrl(config)
  return url === undefined ? undefined : (await import('./platform/tracing-otlp.ts')).startTracing(config, url)
}

async function embeddedDatabase(): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir: config.DATA_DIR, log: (detail) => log.info({ detail }, 'embedded database') })
}

/** A database that is still starting gets half a minute. */
async function withPatience<T>(logger: Logger, work: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await work()
    } catch (error) {
      const code = (error as { code?: string }).code ?? ''
      if (round >= 30 || !['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', '57P03', '53300'].includes(code)) throw error
      logger.warn({ code }, 'the database does not answer yet')
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
  }
}
