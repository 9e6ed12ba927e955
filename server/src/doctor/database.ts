import { type Finding, fault, ok, warning } from './finding.ts'

export interface Migration {
  readonly version: number
  readonly checksum: string
}

/** What the database tells of itself. */
export interface DatabaseFacts {
  readonly isEmbedded: boolean
  /** `server_version_num`: 150004 is 15.4. */
  readonly versionNumber: number
  readonly isFsyncOn: boolean
  readonly hasFullPageWrites: boolean
  readonly applied: readonly Migration[]
  readonly known: readonly Migration[]
  /** The role of DATABASE_URL. */
  readonly role: string
  readonly isSuperuser: boolean
  /** Why requests do not stand behind row-level security; null: they do; undefined: there are no tables to ask. */
  readonly wallMissing: string | null | undefined
  /** Connections this role may still open in this database. */
  readonly connectionsLeft: number
}

/** One process holds two pools of 20 and a few sessions; what it opens comes as it is needed. */
const CONNECTIONS_COMFORTABLE = 25
const CONNECTIONS_NEEDED = 10

const START = 'Start Fanfare once, or run `npm run fanfare -- migrate`, with a role that owns the database.'

export const databaseReached = (): Finding => ok('database.reachable', 'The database answers.')

/**
 * @param setting where it is named: DATABASE_URL, MIGRATION_DATABASE_URL, or DATA_DIR for the embedded one that does not start
 * @param error as the driver, or the end of PostgreSQL's log, says it: it holds no password
 */
export function databaseAway(setting: string, error: string): Finding {
  const fix =
    setting === 'DATA_DIR'
      ? 'See what PostgreSQL says: room on the disk, the owner of DATA_DIR, another machine that uses it.'
      : `Start PostgreSQL, or correct host, port, user, password or database name in ${setting}.`
  return fault('database.reachable', error, fix, { subject: setting })
}

export const databaseAbsent = (dataDir: string): Finding =>
  fault('database.reachable', `There is no embedded database in ${dataDir} yet.`, 'Run `npm start` once, or correct DATA_DIR.')

export function judgeDatabase(facts: DatabaseFacts): Finding[] {
  const { versionNumber, connectionsLeft } = facts
  const version = versionNumber < 100_000 ? String(versionNumber) : `${Math.floor(versionNumber / 10_000)}.${versionNumber % 10_000}`
  return [
    versionNumber >= 150_000
      ? ok('database.version', `PostgreSQL ${version}.`)
      : fault('database.version', `PostgreSQL ${version}.`, 'Upgrade to PostgreSQL 15 or newer.'),
    facts.isFsyncOn
      ? ok('database.fsync', 'On: what is committed survives a power cut.')
      : fault('database.fsync', 'Off: a power cut loses what was promised.', 'Set `fsync = on` in postgresql.conf and reload PostgreSQL.'),
    facts.hasFullPageWrites
      ? ok('database.full_page_writes', 'On: a torn page is mended.')
      : fault(
          'database.full_page_writes',
          'Off: a power cut can tear pages for good.',
          'Set `full_page_writes = on` in postgresql.conf and reload PostgreSQL.',
        ),
    judgeSchema(facts),
    judgeRole(facts),
    ...judgeWall(facts),
    connectionsLeft >= CONNECTIONS_COMFORTABLE
      ? ok('database.connections', `${connectionsLeft} connections left.`)
      : (connectionsLeft >= CONNECTIONS_NEEDED ? warning : fault)(
          'database.connections',
          `${connectionsLeft} connections left; a process of ours may want up to 45.`,
          'Raise max_connections (or the limit of role or database), or run fewer processes.',
        ),
  ]
}

function judgeSchema({ applied, known }: DatabaseFacts): Finding {
  const newest = Math.max(0, ...applied.map(({ version }) => version))
  const latest = Math.max(0, ...known.map(({ version }) => version))
  const checksums = new Map(applied.map(({ version, checksum }) => [version, checksum]))
  if (newest > latest)
    return fault(
      'database.schema',
      `The database has schema ${newest}, this program knows ${latest}.`,
      'Run the version of Fanfare that migrated it, or a newer one.',
    )
  const missing = known.filter(({ version }) => !checksums.has(version)).map(({ version }) => version)
  if (missing.length > 0) return fault('database.schema', `Not applied: ${missing.join(', ')}.`, START)
  const changed = known.filter(({ version, checksum }) => checksums.get(version) !== checksum).map(({ version }) => version)
  if (changed.length > 0)
    return fault(
      'database.schema',
      `Changed after it was applied: ${changed.join(', ')}.`,
      'Put the released files back into server/migrations.',
    )
  return ok('database.schema', `Schema ${newest}, the one of this program.`)
}

function judgeRole({ isEmbedded, isSuperuser, role }: DatabaseFacts): Finding {
  if (!isSuperuser) return ok('database.role', `${role} is no superuser.`)
  if (isEmbedded) return ok('database.role', `${role} rules the embedded database, which only this machine reaches.`)
  return warning(
    'database.role',
    `${role} is a superuser: a mistake of ours could reach every database of this server.`,
    'Make a role without SUPERUSER that owns the database, and name it in DATABASE_URL.',
  )
}

function judgeWall({ wallMissing }: DatabaseFacts): Finding[] {
  if (wallMissing === undefined) return []
  if (wallMissing === null) return [ok('database.wall', 'Requests see one workspace by row-level security.')]
  return [
    fault(
      'database.wall',
      `Requests are not behind row-level security: ${wallMissing}.`,
      'Let the role of DATABASE_URL own the database, or name the owner in MIGRATION_DATABASE_URL and start Fanfare once.',
    ),
  ]
}
