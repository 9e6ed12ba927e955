import { parseArgs } from 'node:util'
import type pg from 'pg'
import { insertKey, newKey } from './access/keys.ts'
import { PERMISSIONS, type Permission } from './access/permissions.ts'
import { backUp } from './backup/backup.ts'
import { restore } from './backup/restore.ts'
import { USER_COMMANDS, UsageError, userCommand } from './people/commands.ts'
import { type Config, readConfig } from './platform/config.ts'
import { many, maybeOne, run, sql } from './platform/db.ts'
import { startEmbeddedPostgres } from './platform/embedded-postgres.ts'
import { isUuid, newId } from './platform/ids.ts'
import { encryptionKeys } from './platform/key-file.ts'
import { migrate } from './platform/migrate.ts'
import { makePool } from './platform/pool.ts'
import { rewrapKeys } from './platform/secrets.ts'
import { loginOf } from './platform/wall.ts'

const HELP = `Usage: npm run fanfare -- <command>

  migrate                                             bring the database to this program's schema
  workspaces list
  workspaces create --name NAME [--print-key]         a workspace of its own, with a key of all permissions
  keys list [--workspace ID]
  keys create --workspace ID --permissions A:B,C:D [--name NAME]
  keys revoke --id ID
  users list
  users create --email E [--name NAME] [--workspace ID] [--role ROLE]      shows a password once; the role is Owner unless said
  users reset-password --email E [--without-two-factor]                    shows a new password once, ends every session
  users make-link [--email E] [--workspace ID] [--role ROLE]               the set-up link while nobody is here, else an invitation
  rotate-keys                                         wrap all data keys with ENCRYPTION_KEY; FORMER_ENCRYPTION_KEYS opens them
  backup --file FILE                                  everything at one instant, while campaigns go on; keep ENCRYPTION_KEY apart
  restore --file FILE                                 into an empty database; every number comes up held until a person looked
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: 'string' },
    workspace: { type: 'string' },
    permissions: { type: 'string' },
    id: { type: 'string' },
    file: { type: 'string' },
    email: { type: 'string' },
    role: { type: 'string' },
    'without-two-factor': { type: 'boolean', default: false },
    'print-key': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const needed = (name: 'name' | 'workspace' | 'permissions' | 'id' | 'file'): string => {
  const value = values[name]
  if (value === undefined || value.trim() === '') throw new UsageError(`--${name} is needed.`)
  return value.trim()
}

async function command(pool: pg.Pool, config: Config): Promise<void> {
  const [noun, verb] = positionals
  const userVerb = USER_COMMANDS.find((known) => known === verb)
  if (noun === 'users' && userVerb !== undefined && positionals.length === 2) {
    const { email, name, workspace, role, 'without-two-factor': withoutTwoFactor } = values
    const lines = await userCommand(pool, config.PUBLIC_URL, userVerb, { email, name, workspace, role, withoutTwoFactor })
    for (const line of lines) console.log(line)
    return
  }
  switch (positionals.join(' ')) {
    case 'workspaces list':
      console.table(await many(pool, sql`SELECT id, name, created_at FROM workspace ORDER BY created_at`))
      return
    case 'workspaces create': {
      const id = newId()
      await run(pool, sql`INSERT INTO workspace (id, name) VALUES (${id}, ${needed('name').slice(0, 200)})`)
      console.log(`workspace ${id}`)
      if (values['print-key']) console.log(`key ${await makeKey(pool, id, PERMISSIONS)}`)
      return
    }
    case 'keys list':
      console.table(
        await many(
          pool,
          sql`SELECT workspace_id, id, name, prefix, cardinality(permissions) AS permissions, last_used_at, expires_at, revoked_at FROM api_key
               WHERE ${values.workspace ?? null}::uuid IS NULL OR workspace_id = ${values.workspace ?? null}::uuid ORDER BY created_at`,
        ),
      )
      return
    case 'keys create': {
      const permissions = needed('permissions')
        .split(',')
        .map((permission) => permission.trim())
      const unknown = permissions.filter((permission) => !(PERMISSIONS as string[]).includes(permission))
      if (unknown.length > 0) throw new UsageError(`There is no permission ${unknown.join(', ')}. There are ${PERMISSIONS.join(' ')}`)
      const workspace = needed('workspace')
      const known = isUuid(workspace) && (await maybeOne(pool, sql`SELECT 1 FROM workspace WHERE id = ${workspace}`)) !== undefined
      if (!known) throw new UsageError(`There is no workspace ${workspace}.`)
      console.log(`key ${await makeKey(pool, workspace, permissions as Permission[])}`)
      return
    }
    case 'keys revoke': {
      const id = needed('id')
      const revoked = isUuid(id) ? await run(pool, sql`UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE id = ${id}`) : 0
      if (revoked === 0) throw new UsageError(`There is no key ${id}.`)
      console.log('revoked')
      return
    }
    case 'rotate-keys': {
      const wrapped = await rewrapKeys(pool, encryptionKeys(config))
      console.log(`${wrapped} data keys wrapped anew; FORMER_ENCRYPTION_KEYS is no longer needed`)
      return
    }
    default:
      throw new UsageError(HELP)
  }
}

async function makeKey(pool: pg.Pool, workspaceId: string, permissions: readonly Permission[]): Promise<string> {
  const key = newKey()
  await insertKey(pool as never, {
    workspaceId,
    key,
    name: values.name ?? 'Command line',
    permissions,
    createdBy: { id: null, name: 'Command line' },
  })
  return key
}

async function main(): Promise<void> {
  if (values.help || positionals.length === 0) {
    console.log(HELP)
    return
  }
  const config = readConfig(process.env)
  const embedded = config.DATABASE_URL === undefined ? await startEmbeddedPostgres({ dataDir: config.DATA_DIR }) : undefined
  const url = config.DATABASE_URL ?? embedded?.url ?? ''
  try {
    await onDatabase(config, url, config.MIGRATION_DATABASE_URL ?? url)
  } finally {
    await embedded?.stop()
  }
}

async function onDatabase(config: Config, url: string, ownerUrl: string): Promise<void> {
  const asked = positionals.join(' ')
  if (asked === 'restore') {
    const { madeAt } = await restore(ownerUrl, needed('file'))
    console.log(`restored what was backed up at ${madeAt}. Every number is held: resume each once you know what went out since.`)
    return
  }
  const applied = await migrate(ownerUrl, { login: loginOf(url, ownerUrl) })
  if (asked === 'migrate') {
    console.log(applied.length === 0 ? 'nothing to do' : `applied: ${applied.join(', ')}`)
    return
  }
  if (asked === 'backup') {
    const { tables, bytes } = await backUp(ownerUrl, needed('file'))
    console.log(`${tables} tables, ${bytes} bytes in ${values.file}`)
    return
  }
  const pool = makePool(ownerUrl, { max: 2, name: 'fanfare-cli' })
  try {
    await command(pool, config)
  } finally {
    await pool.end()
  }
}

main().catch((error: unknown) => {
  console.error((error as Error).message)
  process.exitCode = error instanceof UsageError ? 2 : 1
})
