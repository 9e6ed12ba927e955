import { type Simulator, startSimulator } from '@fanfare/simulator'
import { serve } from '@hono/node-server'
import type { Logger } from '../platform/log.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { freePort } from '../platform/test-port.ts'

/** The app listening on a port of its own, with the simulator in Meta's place: Meta calls the webhook address while an account is connected. */
export interface TestMeta {
  readonly t: TestApp
  readonly simulator: Simulator
  /** Connects the simulator's account as a person would; the answer's body. */
  connect(): Promise<{ id: string }>
  close(): Promise<void>
}

export async function testMeta(options: { readonly environment?: Record<string, string>; readonly log?: Logger } = {}): Promise<TestMeta> {
  const simulator = await startSimulator()
  const port = await freePort()
  const t = await testApp({
    ...options,
    environment: { ...options.environment, META_GRAPH_BASE_URL: simulator.url, PUBLIC_URL: `http://127.0.0.1:${port}` },
  })
  const server = serve({ fetch: t.app.fetch, port, hostname: '127.0.0.1', overrideGlobalObjects: false })
  await new Promise<void>((resolve) => server.once('listening', () => resolve()))
  return {
    t,
    simulator,
    async connect() {
      const made = await t.request('POST', 'WhatsappAccount', {
        body: {
          name: 'Store',
          wabaId: simulator.wabaId,
          accessToken: simulator.accessToken,
          appSecret: simulator.appSecret,
          webhookVerifyToken: 'a verify token',
        },
      })
      if (made.status !== 201) throw new Error(JSON.stringify(made.body))
      return made.body
    },
    async close() {
      server.close()
      await simulator.close()
      await t.drop()
    },
  }
}
