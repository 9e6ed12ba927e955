import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../server/src/platform/test-port.ts'

const MAIN = fileURLToPath(new URL('../../server/src/main.ts', import.meta.url))
/** What `npm start` gives Node for its memory, so that what is tested and measured is what a user runs. */
const START = /exec env MALLOC_ARENA_MAX=(\d) node ((?:--\S+ )+)server\/src\/main\.ts/
const [, MALLOC_ARENA_MAX, flags] = START.exec(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) ?? []
if (flags === undefined) throw new Error('npm start is written otherwise than it is read here')
const FLAGS = flags.trim().split(' ')

/** A server as a user runs it: its own process, settings by environment. */
export interface ServerProcess {
  readonly url: string
  readonly pid: number
  /** Everything it printed so far. */
  output(): string
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>
  /** kill -9, as a crash. */
  kill(): Promise<void>
}

/** Starts the server and waits until it is ready; throws with its output when it ends before. */
export async function startServer(
  environment: Record<string, string>,
  options: { readonly echo?: boolean; readonly readyWithinMs?: number; readonly nodeArguments?: readonly string[] } = {},
): Promise<ServerProcess> {
  const port = environment.PORT ?? String(await freePort())
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [...FLAGS, ...(options.nodeArguments ?? []), MAIN], {
    env: { ...process.env, MALLOC_ARENA_MAX, NODE_ENV: 'production', PORT: port, PUBLIC_URL: url, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-200_000)
    if (options.echo) process.stderr.write(chunk)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  await ready(child, url, () => output, options.readyWithinMs ?? 60_000)
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    stop: () => end(child, 'SIGTERM'),
    async kill() {
      await end(child, 'SIGKILL')
    },
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
  return child.exitCode
}

async function ready(child: ChildProcess, url: string, output: () => string, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended before it was ready:\n${output()}`)
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.ok) return
    if (Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`the server was not ready within ${withinMs} ms:\n${output()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
