import { parse, type Told, wantsJson } from './command-line/command.ts'
import { COMMANDS, type CommandContext } from './command-line/commands.ts'
import { UsageError } from './people/commands.ts'
import { readConfig } from './platform/config.ts'
import { startEmbeddedPostgres } from './platform/embedded-postgres.ts'
import { migrate } from './platform/migrate.ts'
import { makePool } from './platform/pool.ts'
import { loginOf } from './platform/wall.ts'

const args = process.argv.slice(2)

const context: CommandContext = {
  environment: process.env,
  async onDatabase(work) {
    const config = readConfig(process.env)
    const embedded = config.DATABASE_URL === undefined ? await startEmbeddedPostgres({ dataDir: config.DATA_DIR }) : undefined
    const url = config.DATABASE_URL ?? embedded?.url ?? ''
    const ownerUrl = config.MIGRATION_DATABASE_URL ?? url
    try {
      return await work({ config, ownerUrl, migrate: () => migrate(ownerUrl, { login: loginOf(url, ownerUrl) }) })
    } finally {
      await embedded?.stop()
    }
  },
  withPool: (work) =>
    context.onDatabase(async (at) => {
      await at.migrate()
      const pool = makePool(at.ownerUrl, { max: 2, name: 'fanfare-cli' })
      try {
        return await work(pool, at.config, at.ownerUrl)
      } finally {
        await pool.end()
      }
    }),
}

async function main(): Promise<void> {
  const asked = parse(args, COMMANDS)
  if (asked.kind === 'help') {
    console.log(asked.text)
    return
  }
  const told: Told = await asked.command.run(context, asked.given)
  if (asked.isJson || told.text !== '') console.log(asked.isJson ? JSON.stringify(told.data, null, 2) : told.text)
  process.exitCode = told.exitCode ?? 0
}

main().catch((error: unknown) => {
  const isUsage = error instanceof UsageError
  const { message } = error as Error
  console.error(wantsJson(args) ? JSON.stringify({ error: { kind: isUsage ? 'usage' : 'failed', message } }) : message)
  process.exitCode = isUsage ? 2 : 1
})
