import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { freeBytes } from '../dispatch/disk.ts'
import { seenEpoch } from '../dispatch/epoch.ts'
import { metaDate } from '../meta/client.ts'
import { type Config, readConfig, SettingsError } from '../platform/config.ts'
import { maybeOne, one, sql } from '../platform/db.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../platform/embedded-postgres.ts'
import { knownKeys } from '../platform/key-file.ts'
import { countOpened, openSecrets } from '../platform/secrets.ts'
import { judgeAccount, judgeAddress } from './account.ts'
import { accountsFacts } from './account-facts.ts'
import { databaseAbsent, databaseAway, databaseReached, judgeDatabase } from './database.ts'
import { type DatabaseUrls, databaseFacts, readOnlyPool, whyAway } from './database-facts.ts'
import { type Finding, warning } from './finding.ts'
import { type EpochFacts, judgeClock, judgeDisk, judgeEpoch, judgeKeys } from './machine.ts'
import { judgeSettings } from './settings.ts'
import { judgeWork } from './work.ts'
import { workFacts } from './work-facts.ts'

/** A database that recovers from a crash may take longer than this: then it is told as not answering, and the next look sees it. */
const EMBEDDED_WITHIN_MS = 20_000

/**
 * Looks at everything this installation needs, from the machine it is called on. Writes nothing anywhere; an embedded database that is not
 * running is started for the time of the examination. What cannot be asked because of an earlier fault is left out.
 */
export async function examine(
  environment: Record<string, string | undefined>,
  options: { readonly embeddedWithinMs?: number } = {},
): Promise<Finding[]> {
  let config: Config
  try {
    config = readConfig(environment)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return judgeSettings(error.faults)
  }
  const before = [...judgeSettings([]), judgeAddress(config.PUBLIC_URL, config.META_GRAPH_BASE_URL)]
  if (config.DATABASE_URL !== undefined)
    return [
      ...before,
      ...(await examineOn(config, { requests: config.DATABASE_URL, owner: config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL })),
    ]
  if (!existsSync(join(config.DATA_DIR, 'postgres-password'))) return [...before, databaseAbsent(config.DATA_DIR)]
  let embedded: EmbeddedPostgres
  try {
    embedded = await startEmbeddedPostgres({ dataDir: config.DATA_DIR, readyWithinMs: options.embeddedWithinMs ?? EMBEDDED_WITHIN_MS })
  } catch (error) {
    const fault = databaseAway('DATA_DIR', (error as Error).message)
    return [...before, fault, judgeDisk(await freeBytes({ config }), config.MIN_FREE_DISK_MB)]
  }
  try {
    return [...before, ...(await examineOn(config, { requests: embedded.url, owner: config.MIGRATION_DATABASE_URL ?? embedded.url }))]
  } finally {
    await embedded.stop()
  }
}

async function examineOn(config: Config, urls: DatabaseUrls): Promise<Finding[]> {
  for (const [setting, url] of [
    ['DATABASE_URL', urls.requests],
    ['MIGRATION_DATABASE_URL', urls.owner],
  ] as const) {
    const error = await whyAway(url)
    if (error !== undefined) return [databaseAway(setting, error), judgeDisk(await freeBytes({ config }), config.MIN_FREE_DISK_MB)]
  }
  const pool = readOnlyPool(urls.owner)
  try {
    const database = await databaseFacts(pool, urls, config.DATABASE_URL === undefined)
    const findings = [
      databaseReached(),
      ...judgeDatabase(database),
      judgeDisk(await freeBytes({ config }), config.MIN_FREE_DISK_MB),
      ...judgeClock({ databaseAheadMs: await databaseAhead(pool), meta: await metaClock(config) }),
    ]
    const isMigrated = database.wallMissing !== undefined
    return isMigrated ? [...findings, ...(await examineInstall(config, pool))] : findings
  } finally {
    await pool.end()
  }
}

/** What only a migrated database can tell. */
async function examineInstall(config: Config, pool: pg.Pool): Promise<Finding[]> {
  const keys = knownKeys(config)
  const opened = keys === undefined ? { current: 0, former: 0, none: 0 } : await countOpened(pool, keys)
  const hasSecrets = keys !== undefined && opened.none === 0 && opened.current + opened.former > 0
  const accounts = hasSecrets ? await accountsFacts({ config, pool, secrets: await openSecrets(pool, keys) }) : undefined
  const known = accounts === undefined ? 0 : accounts.open.length + accounts.closed.length
  return [
    ...judgeKeys({ hasKey: keys !== undefined, ...opened, closedAccounts: accounts?.closed ?? [] }),
    judgeEpoch(await epochFacts(config, pool)),
    ...(known === 0 && hasSecrets
      ? [warning('account.connected', 'No WhatsApp account is connected.', 'Connect one in the console.')]
      : []),
    ...(accounts?.open.flatMap((facts) => judgeAccount(facts, new Date())) ?? []),
    ...judgeWork(await workFacts(pool, config)),
  ]
}

/** Half the way there and back belongs to the answer. */
async function databaseAhead(pool: pg.Pool): Promise<number> {
  const askedAt = Date.now()
  const { now } = await one<{ now: Date }>(pool, sql`SELECT clock_timestamp() AS now`)
  return now.getTime() - (askedAt + Date.now()) / 2
}

async function metaClock(config: Config): Promise<{ date: string | undefined; at: Date }> {
  const date = await metaDate(config.META_GRAPH_BASE_URL)
  return { date, at: new Date() }
}

async function epochFacts(config: Config, pool: pg.Pool): Promise<EpochFacts | undefined> {
  const install = await maybeOne<{ id: string; epoch: number; mark: string | null }>(
    pool,
    sql`SELECT id, epoch, epoch_mark AS mark FROM install`,
  )
  if (install === undefined) return undefined
  return {
    seen: await seenEpoch(config.DATA_DIR, install.id),
    epoch: install.epoch,
    mark: install.mark,
    configured: config.INSTALL_EPOCH,
  }
}
