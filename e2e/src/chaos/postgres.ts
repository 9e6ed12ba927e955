import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { runAs, usableNative } from '../../../server/src/platform/embedded-binaries.ts'
import { migrate } from '../../../server/src/platform/migrate.ts'
import { freePort } from '../../../server/src/platform/test-port.ts'

/** A PostgreSQL of its own process, as an operator runs one beside the product: it can be restarted and killed without asking the product. */
export interface Postgres {
  readonly port: number
  /** A fresh, migrated database; its URL. */
  createDatabase(): Promise<string>
  dropDatabase(url: string): Promise<void>
  /** Copies a database nobody is connected to, as a restored backup would be. */
  copyDatabase(url: string): Promise<string>
  /** Runs a statement as superuser in the database of the URL. */
  run(url: string, text: string): Promise<pg.QueryResult>
  start(): Promise<void>
  /** `fast`: ends sessions and writes a checkpoint. `immediate`: kill -9 of the postmaster. */
  stop(how: 'fast' | 'immediate'): Promise<void>
  close(): Promise<void>
}

const TEMPLATE = 'chaos_template'

/** @param folder where the data lies: by default a new one in the temporary folder, gone after `close` */
export async function startPostgres(folder: string = mkdtempSync(join(tmpdir(), 'fanfare-chaos-'))): Promise<Postgres> {
  const user = runAs()
  chmodSync(folder, 0o755) // PostgreSQL may run as another user
  const data = join(folder, 'data')
  const password = randomBytes(12).toString('hex')
  mkdirSync(data, { recursive: true })
  writeFileSync(join(folder, 'password'), password)
  if (user !== undefined) spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, folder])
  const bin = join(usableNative(join(tmpdir(), 'fanfare-postgres-binaries'), user), 'bin')
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'fanfare', `--pwfile=${join(folder, 'password')}`, '-A', 'scram-sha-256', '-E', 'UTF8', '--no-sync', '--locale=C'],
    { ...user, cwd: '/', encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=400', 'shared_buffers=128MB']
  const urlOf = (database: string) => `postgres://fanfare:${password}@127.0.0.1:${port}/${database}`
  let server: ChildProcess | undefined
  let databases = 0

  async function run(url: string, text: string): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
    client.on('error', () => {})
    await client.connect()
    try {
      return await client.query(text)
    } finally {
      await client.end().catch(() => {})
    }
  }

  /** A killed postmaster's children may hold the shared memory for a moment: tried again until the time is up. */
  async function start(): Promise<void> {
    const deadline = Date.now() + 30_000
    for (;;) {
      const child = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
        ...user,
        cwd: '/',
        stdio: 'ignore',
        detached: true, // Ctrl-C is for us: we stop it in our own order
      })
      server = child
      while (child.exitCode === null && child.signalCode === null) {
        if ((await run(urlOf('postgres'), 'SELECT 1').catch(() => undefined)) !== undefined) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      if (Date.now() > deadline) throw new Error(`PostgreSQL on port ${port} did not start (exit ${child.exitCode})`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  async function stop(how: 'fast' | 'immediate'): Promise<void> {
    const child = server
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (how === 'fast') child.kill('SIGINT')
    else child.kill('SIGKILL') // its backends notice and end by themselves, as after the OOM killer
    await ended
  }

  await start()
  await run(urlOf('postgres'), `CREATE DATABASE ${TEMPLATE}`)
  await migrate(urlOf(TEMPLATE))

  const databaseOf = (url: string) => new URL(url).pathname.slice(1)
  async function create(template: string): Promise<string> {
    const name = `chaos_${++databases}_${randomBytes(3).toString('hex')}`
    await run(urlOf('postgres'), `CREATE DATABASE ${name} TEMPLATE ${template}`)
    return urlOf(name)
  }
  let creating: Promise<unknown> = Promise.resolve() // a template serves one copy at a time
  const inTurn = (template: string): Promise<string> => {
    const next = creating.then(() => create(template))
    creating = next.catch(() => undefined)
    return next
  }
  return {
    port,
    createDatabase: () => inTurn(TEMPLATE),
    copyDatabase: (url) => inTurn(databaseOf(url)),
    async dropDatabase(url) {
      await run(urlOf('postgres'), `DROP DATABASE IF EXISTS ${databaseOf(url)} WITH (FORCE)`)
    },
    run,
    start,
    stop,
    async close() {
      await stop('fast')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
