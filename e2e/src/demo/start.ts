import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { startSimulator } from '@fanfare/simulator'
import { makeApi } from '../api.ts'
import { startServer } from '../server-process.ts'
import { connectAccount, importPeople } from '../world.ts'
import { PEOPLE, type Stage, tellStories } from './stories.ts'

/** The demo while it is there. */
export interface Demo extends Stage {
  readonly url: string
  /** Who may sign in to its console. */
  readonly owner: { readonly email: string; readonly password: string }
  /** Ends the server, then the simulator; the server's exit code. */
  close(): Promise<number | null>
}

/** Starts server and simulator on a data directory; an empty one is filled with people and the stories of their campaigns. */
export async function startDemo(options: {
  readonly port: string
  readonly simulatorPort?: number
  readonly dataDir: string
  readonly people: number
  say(line: string): void
}): Promise<Demo> {
  const { port, dataDir, people, say } = options
  const url = `http://127.0.0.1:${port}`
  const key = keyOf(dataDir)
  // part of the key, so that it stays the same as long as the data
  const owner = { email: 'demo@example.com', password: key.slice(-20) }
  const simulator = await startSimulator({
    port: options.simulatorPort ?? 0,
    latencyMs: 100,
    jitterMs: 40,
    trackedUrlBase: `${url}/r/`,
    person: PEOPLE,
  })
  const server = await startServer(
    {
      DATA_DIR: dataDir,
      BOOTSTRAP_API_KEY: key,
      BOOTSTRAP_ADMIN_EMAIL: owner.email,
      BOOTSTRAP_ADMIN_PASSWORD: owner.password,
      META_GRAPH_BASE_URL: simulator.url,
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
      PORT: port,
      PUBLIC_URL: url,
    },
    { readyWithinMs: 120_000 },
  ).catch(async (error: Error) => {
    await simulator.close()
    throw error
  })
  const close = async () => {
    const code = await server.stop()
    await simulator.close()
    return code
  }
  const demo: Demo = { api: makeApi(url, key), simulator, url, owner, say, close }
  await fill(demo, people).catch(async (error: Error) => {
    await close()
    throw error
  })
  return demo
}

function keyOf(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true })
  const file = `${dataDir}/demo-key`
  if (!existsSync(file)) writeFileSync(file, `demo_${randomBytes(32).toString('base64url')}`, { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}

async function fill(demo: Demo, people: number): Promise<void> {
  const { api, simulator, say } = demo
  const total = async (path: string) => (await api.call<{ totalCount: number }>('POST', path, { pageSize: 1 })).totalCount
  await connectAccount(api, simulator)
  if ((await total('/Contact/getall')) < people) {
    say(`Importing ${people} sample contacts from CSV …`)
    await importPeople(api, people)
  }
  if ((await total('/WhatsappCampaign/getall')) > 0) return
  simulator.changeNumber(simulator.phoneNumberId, { throughput: 'HIGH' }) // the past is told quickly
  await tellStories(demo)
  simulator.changeNumber(simulator.phoneNumberId, { throughput: 'STANDARD' })
}
