// The whole proof: lint, types, every test on a real PostgreSQL, and the database tests once more on Debian's PostgreSQL 15.
// `npm test -- <files>` runs just those files.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runAs } from '../server/src/platform/embedded-binaries.ts'
import { startEmbeddedPostgres } from '../server/src/platform/embedded-postgres.ts'
import { freePort } from '../server/src/platform/test-port.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const given = process.argv.slice(2)
const all = (pattern: string) => globSync(pattern, { cwd: root, exclude: (name) => name === 'node_modules' }).sort()
const totals = { passed: 0, failed: 0 }
/** What failed and why, said once more at the very end: a long run's middle is seldom read. */
const failures: string[] = []
/** Browser tests that passed only when tried again: to be looked into. */
const unsteady: string[] = []

function step(name: string, command: string, args: string[]): void {
  console.log(`\n— ${name}`)
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) {
    totals.failed++
    failures.push(name)
    console.log(`${name} failed`)
  }
}

/** Runs test files with node's runner and counts what it says. */
async function run(name: string, files: string[], environment: Record<string, string>, concurrency: number): Promise<void> {
  if (files.length === 0) return
  console.log(`\n— ${name} (${files.length} files)`)
  const child = spawn(
    process.execPath,
    ['--test', `--test-concurrency=${concurrency}`, '--test-timeout=900000', '--test-reporter=spec', ...files],
    {
      cwd: root,
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const output = await collect(child)
  const count = (word: string) => Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  totals.passed += count('pass')
  totals.failed += count('fail') + count('cancelled')
  const told = output.split('✖ failing tests:')[1]
  if (told !== undefined) failures.push(`${name}:${told.slice(0, 8_000)}`)
  if (count('tests') === 0 || (child.exitCode !== 0 && count('fail') + count('cancelled') === 0)) {
    totals.failed++
    failures.push(`${name}: ended with ${child.exitCode ?? child.signalCode} and ${count('tests')} tests`)
  }
}

/** Runs the console's tests in a real browser and counts what their report says. */
function browse(name: string, files: string[], environment: Record<string, string>): void {
  console.log(`\n— ${name}`)
  const report = join(root, 'test-results/console.json')
  rmSync(report, { force: true })
  const { status } = spawnSync(process.execPath, [bin('playwright'), 'test', '-c', 'e2e/src/console/playwright.config.ts', ...files], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: 'inherit',
  })
  const { stats, suites = [], errors = [] } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
  totals.passed += (stats?.expected ?? 0) + (stats?.flaky ?? 0)
  totals.failed += stats?.unexpected ?? 0
  unsteady.push(...specsWhere(suites, ({ ok, tests }) => ok && tests.some(({ status }) => status === 'flaky')))
  failures.push(...specsWhere(suites, ({ ok }) => !ok), ...errors.map(({ message }: { message: string }) => `${name}: ${message}`))
  if (stats === undefined || (status !== 0 && (stats.unexpected ?? 0) === 0)) {
    totals.failed++
    failures.push(`${name}: ended with ${status}`)
  }
}

interface BrowserSuite {
  file: string
  suites?: BrowserSuite[]
  specs: BrowserSpec[]
}
interface BrowserSpec {
  title: string
  ok: boolean
  tests: { status: string; results: { error?: { message?: string } }[] }[]
}

/** Browser tests of one kind, each with its first error. */
function specsWhere(suites: BrowserSuite[], isWanted: (spec: BrowserSpec) => boolean): string[] {
  return suites.flatMap(({ file, suites: inner = [], specs }) => [
    ...specs
      .filter(isWanted)
      .map(
        ({ title, tests }) =>
          `${file}: ${title}\n${tests.flatMap(({ results }) => results).find(({ error }) => error)?.error?.message ?? ''}`,
      ),
    ...specsWhere(inner, isWanted),
  ])
}

function collect(child: ChildProcess): Promise<string> {
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
    process.stdout.write(chunk)
  })
  return new Promise((resolve) => child.once('close', () => resolve(output)))
}

/** Debian's PostgreSQL 15, when its binaries are here: a throw-away cluster that ends with us. */
async function debianPostgres(): Promise<{ url: string; stop(): Promise<void> } | undefined> {
  const home = '/usr/lib/postgresql/15/bin'
  if (!existsSync(join(home, 'postgres'))) return undefined
  const user = runAs()
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-pg15-'))
  const data = join(dir, 'data')
  const password = randomBytes(12).toString('hex')
  chmodSync(dir, 0o755)
  mkdirSync(data)
  writeFileSync(join(dir, 'password'), password)
  if (user !== undefined) spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, dir])
  const made = spawnSync(
    join(home, 'initdb'),
    ['-D', data, '-U', 'test', `--pwfile=${join(dir, 'password')}`, '-A', 'scram-sha-256', '-E', 'UTF8', '--no-sync', '--locale=C.UTF-8'],
    {
      ...user,
      cwd: '/',
      encoding: 'utf8',
    },
  )
  if (made.status !== 0) throw new Error(`initdb of PostgreSQL 15 failed: ${made.stderr}`)
  const port = await freePort()
  const settings = [
    'synchronous_commit=off',
    'full_page_writes=off',
    'max_connections=200',
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
  ]
  const server = spawn(join(home, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...user,
    cwd: '/',
    stdio: 'ignore',
  })
  const url = `postgres://test:${password}@127.0.0.1:${port}/postgres`
  const { default: pg } = await import('pg')
  for (let round = 0; ; round++) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      break
    } catch (error) {
      if (round > 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    url,
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGINT')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const dataDir = mkdtempSync(join(tmpdir(), 'fanfare-test-'))
chmodSync(dataDir, 0o755) // PostgreSQL may run as another user
const embedded = await startEmbeddedPostgres({ dataDir, durability: 'throwaway', log: (message) => console.log(message) })
try {
  const environment = { TEST_POSTGRES_URL: embedded.url }
  if (given.length > 0) {
    const inBrowser = given.filter((file) => /\.spec\.ts(:\d+)?$/.test(file))
    await run(
      'Chosen tests',
      given.filter((file) => !inBrowser.includes(file)),
      environment,
      2,
    )
    if (inBrowser.length > 0) browse('Chosen tests in a browser', inBrowser, environment)
  } else {
    step('Format and lint', process.execPath, ['scripts/biome.mjs', 'check', '--error-on-warnings', '.'])
    step('Types', bin('tsc'), ['--noEmit', '-p', 'tsconfig.json'])
    await run(
      'Modules and routes',
      [
        ...all('server/src/**/*.test.ts'),
        ...all('simulator/src/**/*.test.ts'),
        ...all('web/**/*.test.ts'),
        ...all('client/src/**/*.test.ts'),
        ...all('mcp/src/**/*.test.ts'),
        ...all('scripts/*.test.ts'),
      ],
      environment,
      2,
    )
    await run('Journeys', all('e2e/src/**/*.test.ts'), environment, 1)
    browse('Console in a browser', [], environment)
    const debian = await debianPostgres()
    if (debian === undefined) console.log('\n— PostgreSQL 15 pass: not run, its binaries are not in /usr/lib/postgresql/15')
    else {
      await run('Modules and routes on PostgreSQL 15', all('server/src/**/*.test.ts'), { TEST_POSTGRES_URL: debian.url }, 2)
      await debian.stop()
    }
  }
} finally {
  await embedded.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
for (const one of unsteady) console.log(`\nPassed the second time only: ${one}`)
for (const failure of failures) console.log(`\n✖ ${failure}`)
console.log(`\n${totals.passed} passed, ${totals.failed} failed`)
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0
