import type pg from 'pg'
import { insertKey, newKey } from '../access/keys.ts'
import { PERMISSIONS, type Permission } from '../access/permissions.ts'
import { backUp } from '../backup/backup.ts'
import { exportWorkspace } from '../backup/export-workspace.ts'
import { importWorkspace } from '../backup/import-workspace.ts'
import { restore } from '../backup/restore.ts'
import { simulateCommand } from '../campaigns/simulate.ts'
import { confirmCommand } from '../confirmations/commands.ts'
import { examine } from '../doctor/examine.ts'
import { isHealthy, reportOf } from '../doctor/finding.ts'
import { USER_COMMANDS, UsageError, type UserCommand, userCommand } from '../people/commands.ts'
import type { Config } from '../platform/config.ts'
import { many, maybeOne, run, sql } from '../platform/db.ts'
import { isUuid, newId } from '../platform/ids.ts'
import { encryptionKeys } from '../platform/key-file.ts'
import { openSecrets, rewrapKeys } from '../platform/secrets.ts'
import type { Command, Given, Told } from './command.ts'

/** What a command may ask for; what it does not ask for is not opened. */
export interface CommandContext {
  readonly environment: Record<string, string | undefined>
  /** The settings, and URLs of the database; the embedded one runs until the command ends. */
  onDatabase(work: (at: { config: Config; ownerUrl: string; migrate(): Promise<string[]> }) => Promise<Told>): Promise<Told>
  /** As above, migrated, with a pool that sees every workspace. */
  withPool(work: (pool: pg.Pool, config: Config, ownerUrl: string) => Promise<Told>): Promise<Told>
}

const USER_HELP: Readonly<Record<UserCommand, Pick<Command<CommandContext>, 'takes' | 'about'>>> = {
  list: { takes: [], about: 'Everybody with an account, and their roles.' },
  create: {
    takes: ['email', ['name'], ['workspace'], ['role']],
    about: 'An account; shows a password once. The role is Owner, the workspace the first, unless said.',
  },
  'reset-password': { takes: ['email', ['without-two-factor']], about: 'Shows a new password once and ends every session.' },
  'make-link': {
    takes: [['email'], ['workspace'], ['role']],
    about: 'The set-up link while nobody is here, else an invitation.',
  },
}

export const COMMANDS: readonly Command<CommandContext>[] = [
  {
    name: 'doctor',
    takes: [],
    about: 'Looks at everything this installation needs and says what is wrong and how to mend it. Changes nothing.',
    more: 'Exit code 0: healthy, perhaps with warnings; 1: faults. docs/operations.md lists every check.',
    async run({ environment }) {
      const findings = await examine(environment)
      const healthy = isHealthy(findings)
      return { data: { healthy, findings }, text: reportOf(findings), exitCode: healthy ? 0 : 1 }
    },
  },
  {
    name: 'migrate',
    takes: [],
    about: 'Brings the database to this program’s schema.',
    run: (context) =>
      context.onDatabase(async ({ migrate }) => {
        const applied = await migrate()
        return { data: { applied }, text: applied.length === 0 ? 'nothing to do' : `applied: ${applied.join(', ')}` }
      }),
  },
  {
    name: 'workspaces list',
    takes: [],
    about: 'Every workspace.',
    run: (context) =>
      context.withPool(async (pool) => {
        const rows = await many<Row>(pool, sql`SELECT id, name, created_at AS "createdAt" FROM workspace ORDER BY created_at`)
        return { data: { items: rows }, text: table(rows) }
      }),
  },
  {
    name: 'workspaces create',
    takes: ['name', ['print-key']],
    about: 'A workspace of its own; with --print-key a key of all permissions, shown this once.',
    run: (context, given) =>
      context.withPool(async (pool) => {
        const id = newId()
        await run(pool, sql`INSERT INTO workspace (id, name) VALUES (${id}, ${given.needed('name').slice(0, 200)})`)
        const key = given.is['print-key'] ? await makeKey(pool, id, PERMISSIONS, given) : undefined
        return { data: { id, ...(key && { key }) }, text: [`workspace ${id}`, ...(key ? [`key ${key}`] : [])].join('\n') }
      }),
  },
  {
    name: 'keys list',
    takes: [['workspace']],
    about: 'API keys, of one workspace or of all.',
    run: (context, given) =>
      context.withPool(async (pool) => {
        const workspaceId = given.text.workspace ?? null
        if (workspaceId !== null && !isUuid(workspaceId)) throw new UsageError(`There is no workspace ${workspaceId}.`)
        const rows = await many<Row>(
          pool,
          sql`SELECT workspace_id AS "workspaceId", id, name, prefix, cardinality(permissions) AS permissions, last_used_at AS "lastUsedAt",
                     expires_at AS "expiresAt", revoked_at AS "revokedAt"
                FROM api_key WHERE ${workspaceId}::uuid IS NULL OR workspace_id = ${workspaceId}::uuid ORDER BY created_at`,
        )
        return { data: { items: rows }, text: table(rows) }
      }),
  },
  {
    name: 'keys create',
    takes: ['workspace', 'permissions', ['name']],
    about: 'An API key, shown this once.',
    more: `Permissions: ${PERMISSIONS.join(' ')}`,
    run: (context, given) =>
      context.withPool(async (pool) => {
        const permissions = given
          .needed('permissions')
          .split(',')
          .map((permission) => permission.trim())
        const unknown = permissions.filter((permission) => !(PERMISSIONS as string[]).includes(permission))
        if (unknown.length > 0) throw new UsageError(`There is no permission ${unknown.join(', ')}. There are ${PERMISSIONS.join(' ')}`)
        const workspace = given.needed('workspace')
        const known = isUuid(workspace) && (await maybeOne(pool, sql`SELECT 1 FROM workspace WHERE id = ${workspace}`)) !== undefined
        if (!known) throw new UsageError(`There is no workspace ${workspace}.`)
        const key = await makeKey(pool, workspace, permissions as Permission[], given)
        return { data: { key }, text: `key ${key}` }
      }),
  },
  {
    name: 'keys revoke',
    takes: ['id'],
    about: 'Ends an API key; the next request with it is refused.',
    run: (context, given) =>
      context.withPool(async (pool) => {
        const id = given.needed('id')
        const revoked = isUuid(id) ? await run(pool, sql`UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE id = ${id}`) : 0
        if (revoked === 0) throw new UsageError(`There is no key ${id}.`)
        return { data: { revoked: id }, text: 'revoked' }
      }),
  },
  ...USER_COMMANDS.map(
    (verb): Command<CommandContext> => ({
      name: `users ${verb}`,
      ...USER_HELP[verb],
      run: (context, { text, is }) =>
        context.withPool(async (pool, config) => {
          const { email, name, workspace, role } = text
          const options = { email, name, workspace, role, withoutTwoFactor: is['without-two-factor'] }
          const { data, lines } = await userCommand(pool, config.PUBLIC_URL, verb, options)
          return { data, text: lines.join('\n') }
        }),
    }),
  ),
  {
    name: 'rotate-keys',
    takes: [],
    about: 'Wraps all data keys with ENCRYPTION_KEY; FORMER_ENCRYPTION_KEYS opens them.',
    run: (context) =>
      context.withPool(async (pool, config) => {
        const wrapped = await rewrapKeys(pool, encryptionKeys(config))
        return { data: { wrapped }, text: `${wrapped} data keys wrapped anew; FORMER_ENCRYPTION_KEYS is no longer needed` }
      }),
  },
  {
    name: 'confirm',
    takes: ['campaign', ['audience-max'], ['minutes']],
    about: 'Lets a program launch this campaign as it stands, once, within 15 minutes; the confirmation is shown this once.',
    run: (context, given) =>
      context.withPool(async (pool, config) => {
        const secrets = await openSecrets(pool, encryptionKeys(config))
        const { 'audience-max': audienceMax, minutes } = given.text
        const options = { campaign: given.needed('campaign'), audienceMax, minutes }
        const { data, lines } = await confirmCommand(pool, { config, secrets, now: () => new Date() }, options)
        return { data, text: lines.join('\n') }
      }),
  },
  {
    name: 'simulate',
    takes: ['campaign'],
    about:
      'What this campaign would do if it started now: who gets it and who not, cost, duration, first messages. Sends and stores nothing.',
    run: (context, given) =>
      context.withPool(async (pool, config) => {
        const secrets = await openSecrets(pool, encryptionKeys(config))
        const { data, lines } = await simulateCommand(pool, { config, secrets }, given.needed('campaign'))
        return { data, text: lines.join('\n') }
      }),
  },
  {
    name: 'mcp',
    takes: [],
    about: 'A Model Context Protocol server on standard input and output; FANFARE_URL and FANFARE_API_KEY say of which installation.',
    async run({ environment }) {
      const { serveMcp } = await import('../../../mcp/src/main.ts') // knows an installation by its API alone: no database, no settings
      await serveMcp(environment)
      return { data: null, text: '' }
    },
  },
  {
    name: 'backup',
    takes: ['file'],
    about: 'Everything at one instant, while campaigns go on; keep ENCRYPTION_KEY apart.',
    run: (context, given) =>
      context.withPool(async (_pool, _config, ownerUrl) => {
        const file = given.needed('file')
        const { tables, bytes } = await backUp(ownerUrl, file)
        return { data: { file, tables, bytes }, text: `${tables} tables, ${bytes} bytes in ${file}` }
      }),
  },
  {
    name: 'restore',
    takes: ['file'],
    about: 'Into an empty database; every number comes up held until a person looked.',
    run: (context, given) =>
      context.onDatabase(async ({ ownerUrl }) => {
        const { madeAt } = await restore(ownerUrl, given.needed('file'))
        const text = `restored what was backed up at ${madeAt}. Every number is held: resume each once you know what went out since.`
        return { data: { madeAt }, text }
      }),
  },
  {
    name: 'export',
    takes: ['workspace', 'file', ['without-erased']],
    about: 'One workspace, to be imported elsewhere: no tokens, keys or users; every contact.',
    more: 'docs/operations.md says what goes along. --without-erased leaves suppressions behind whose number nobody knows any more.',
    run: (context, given) =>
      context.withPool(async (_pool, _config, ownerUrl) => {
        const file = given.needed('file')
        const options = { leavesErased: given.is['without-erased'] ?? false }
        const { name, leftBehind, bytes } = await exportWorkspace(ownerUrl, given.needed('workspace'), file, options)
        const left = leftBehind > 0 ? `; ${leftBehind} suppressions of people nobody knows any more were left behind` : ''
        return { data: { file, name, leftBehind, bytes }, text: `“${name}”, ${bytes} bytes in ${file}${left}` }
      }),
  },
  {
    name: 'import',
    takes: ['file', ['name']],
    about: 'A new workspace from an export. Nothing in it sends until a person connects an account.',
    run: (context, given) =>
      context.withPool(async (pool, config, ownerUrl) => {
        const secrets = await openSecrets(pool, encryptionKeys(config))
        const made = await importWorkspace(ownerUrl, secrets, given.needed('file'), { name: given.text.name })
        const left = made.leftBehind > 0 ? [`${made.leftBehind} suppressions of people nobody knew any more did not come along`] : []
        return { data: made, text: [`workspace ${made.workspaceId}`, ...left].join('\n') }
      }),
  },
]

async function makeKey(pool: pg.Pool, workspaceId: string, permissions: readonly Permission[], given: Given): Promise<string> {
  const key = newKey()
  const createdBy = { id: null, name: 'Command line' }
  await insertKey(pool as never, { workspaceId, key, name: given.text.name ?? 'Command line', permissions, createdBy })
  return key
}

type Row = Readonly<Record<string, unknown>>
const cell = (value: unknown): string => (value instanceof Date ? value.toISOString() : value === null ? '-' : String(value))

/** Columns in the order of the query, as wide as their widest cell. */
function table(rows: readonly Row[]): string {
  const [first] = rows
  if (first === undefined) return 'none'
  const columns = Object.keys(first)
  const width = (column: string) => Math.max(column.length, ...rows.map((row) => cell(row[column]).length))
  const line = (cells: readonly string[]) =>
    cells
      .map((text, i) => text.padEnd(width(columns[i] ?? '')))
      .join('  ')
      .trimEnd()
  return [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))].map(line).join('\n')
}
