import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { canReach, type RunAs, runAs, usableNative } from './embedded-binaries.ts'

export interface EmbeddedPostgres {
  readonly url: string
  /** The server was already running: another process of ours uses it, or one was killed and left it. */
  readonly adopted: boolean
  /** Shuts the server down, unless another process is still connected to it: whoever leaves last does. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  readonly dataDir: string
  readonly log?: (message: string) => void
  /** `throwaway` lets commits wait for no disk, except those that ask for it: for databases of tests, which nobody will miss. */
  readonly durability?: 'full' | 'throwaway'
  /** How long a start is tried: recovery after a crash takes its time. Default 60 s. */
  readonly readyWithinMs?: number
}

const USER = 'fanfare'
const DATABASE = 'fanfare'
const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 20_000

/** Sized for a small server; PostgreSQL's own defaults where nothing is said. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  maintenance_work_mem: '128MB',
  work_mem: '16MB',
  max_wal_size: '4GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  wal_compression: 'on',
  random_page_cost: '1.1',
  jit: 'off',
  log_min_messages: 'warning',
}
const THROWAWAY = { synchronous_commit: 'off', full_page_writes: 'off', shared_buffers: '128MB' }

/**
 * A real PostgreSQL from npm's binaries, with its data in `dataDir`. Loopback only, a random password in a 0600 file. It runs in its own
 * process group: neither Ctrl-C nor a crash of ours takes it down, and the next start adopts it.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {})
  const dataDir = resolve(options.dataDir)
  const user = runAs()
  mkdirSync(dataDir, { recursive: true })
  const home = reachableHome(dataDir, user, log)
  const cluster = join(home, 'postgres')
  const password = readOrMake(join(dataDir, 'postgres-password'))
  const native = usableNative(join(home, 'postgres-binaries'), user)
  if (!existsSync(join(cluster, 'PG_VERSION'))) initialise(native, home, cluster, password, user, options.durability === 'throwaway')

  const logFile = join(home, 'postgres.log')
  const deadline = Date.now() + (options.readyWithinMs ?? READY_WITHIN_MS)
  for (;;) {
    const running = await adopt(cluster, password)
    if (running !== undefined) {
      log(`embedded PostgreSQL is already running on port ${running.port}`)
      return handle(cluster, running, password, true)
    }
    const port = await freePort()
    const exit = launch(native, cluster, port, logFile, user, options.durability === 'throwaway')
    const started = await becomesReady(cluster, password, exit, deadline)
    if (started !== undefined) return handle(cluster, started, password, false)
    // A killed server can leave a lock that is honoured for some seconds, or still be shutting down: try again until the time is up.
    if (Date.now() > deadline) throw new Error(`The embedded PostgreSQL did not start. The end of ${logFile}:\n${tail(logFile)}`)
    await new Promise((wait) => setTimeout(wait, 500))
  }
}

/** Where data and binaries lie: `dataDir`, or a folder of the system when root keeps the project where the other user may not go. */
function reachableHome(dataDir: string, user: RunAs | undefined, log: (message: string) => void): string {
  if (user === undefined) return dataDir
  if (canReach(dataDir, user)) return dataDir
  const home = join('/var/lib/fanfare', createHash('sha256').update(dataDir).digest('hex').slice(0, 12))
  mkdirSync(home, { recursive: true, mode: 0o755 })
  writeFileSync(join(dataDir, 'POSTGRES-IS-IN'), `${home}\n`)
  log(`${dataDir} is closed to the user that PostgreSQL runs as; its data lies in ${home}`)
  return home
}

function readOrMake(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}

function initialise(native: string, home: string, cluster: string, password: string, user: RunAs | undefined, isThrowaway: boolean): void {
  mkdirSync(cluster, { recursive: true, mode: 0o700 })
  chmodSync(cluster, 0o700)
  const passwordFile = join(home, `.initdb-${process.pid}`)
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (user !== undefined) for (const path of [cluster, passwordFile]) chownSync(path, user.uid, user.gid)
  const result = spawnSync(
    join(native, 'bin', 'initdb'),
    ['-D', cluster, '-U', USER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '-E', 'UTF8']
      .concat(['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'])
      .concat(isThrowaway ? ['--no-sync'] : []),
    { ...user, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' }, cwd: '/' },
  )
  rmSync(passwordFile, { force: true })
  if (result.status !== 0) {
    rmSync(cluster, { recursive: true, force: true })
    throw new Error(`initdb failed:\n${result.error?.message ?? ''}${result.stdout}${result.stderr}`)
  }
}

/** Starts the server in its own process group; resolves with its exit. */
function launch(
  native: string,
  cluster: string,
  port: number,
  logFile: string,
  user: RunAs | undefined,
  isThrowaway: boolean,
): Promise<number | null> {
  const settings = { ...SETTINGS, ...(isThrowaway ? THROWAWAY : {}), port: String(port) }
  const out = openSync(logFile, 'a')
  const child = spawn(
    join(native, 'bin', 'postgres'),
    ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...user, detached: true, stdio: ['ignore', out, out], env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' }, cwd: '/' },
  )
  child.unref()
  return new Promise((exited) => {
    child.once('exit', (code) => exited(code))
    child.once('error', () => exited(1))
  })
}

interface Running {
  readonly pid: number
  readonly port: number
}

/** The server that postmaster.pid names, when it lives and answers for this very cluster. */
async function adopt(cluster: string, password: string): Promise<Running | undefined> {
  const running = readPidFile(cluster)
  if (running === undefined) return undefined
  return (await answers(cluster, running, password)) ? running : undefined
}

function readPidFile(cluster: string): Running | undefined {
  const file = join(cluster, 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const [pid, , , port] = readFileSync(file, 'utf8').split('\n')
  const running = { pid: Number(pid), port: Number(port) }
  return running.pid > 0 && running.port > 0 && isAlive(running.pid) ? running : undefined
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const urlOf = ({ port }: Running, password: string, database = DATABASE) => `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`

/** Connects, checks that it is this cluster, and makes the database when it is not there yet. */
async function answers(cluster: string, running: Running, password: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(running, password, 'postgres'), connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ directory: string; has_database: boolean }>(
      `SELECT current_setting('data_directory') AS directory, EXISTS (SELECT 1 FROM pg_database WHERE datname = '${DATABASE}') AS has_database`,
    )
    if (rows[0]?.directory !== cluster) return false
    if (!rows[0].has_database)
      await client.query(`CREATE DATABASE ${DATABASE}`).catch((error: { code?: string }) => {
        if (error.code !== '42P04' && error.code !== '23505') throw error // another process was faster
      })
    return true
  } catch {
    return false // starting up, shutting down, or somebody else's
  } finally {
    await client.end().catch(() => {})
  }
}

async function becomesReady(
  cluster: string,
  password: string,
  exit: Promise<number | null>,
  deadline: number,
): Promise<Running | undefined> {
  let hasExited = false
  void exit.then(() => {
    hasExited = true
  })
  while (!hasExited && Date.now() < deadline) {
    const running = await adopt(cluster, password)
    if (running !== undefined) return running
    await new Promise((wait) => setTimeout(wait, 50))
  }
  return undefined
}

function handle(cluster: string, running: Running, password: string, adopted: boolean): EmbeddedPostgres {
  const url = urlOf(running, password)
  return {
    url,
    adopted,
    async stop() {
      const current = readPidFile(cluster)
      if (current === undefined || (await hasOtherClients(url))) return
      process.kill(current.pid, 'SIGINT') // PostgreSQL's fast shutdown: ends sessions, writes a checkpoint
      const deadline = Date.now() + STOP_WITHIN_MS
      while (isAlive(current.pid) && existsSync(join(cluster, 'postmaster.pid'))) {
        if (Date.now() > deadline) throw new Error(`the embedded PostgreSQL (pid ${current.pid}) did not stop within ${STOP_WITHIN_MS} ms`)
        await new Promise((wait) => setTimeout(wait, 30))
      }
    },
  }
}

async function hasOtherClients(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    )
    return (rows[0]?.n ?? 0) > 0
  } catch {
    return false // it is going down already
  } finally {
    await client.end().catch(() => {})
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening, failed) => server.once('error', failed).listen(0, '127.0.0.1', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

const tail = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').slice(-2_000) : '(no log was written)')
