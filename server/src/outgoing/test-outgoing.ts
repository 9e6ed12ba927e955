import assert from 'node:assert/strict'
import { testWorld } from '../campaigns/test-campaign.ts'
import { run, sql } from '../platform/db.ts'
import { testApp } from '../platform/test-app.ts'
import { driveEndpoint, takeEndpoints } from './deliver.ts'
import { EVENT_TYPES } from './events.ts'
import { routeEvents } from './router.ts'
import { testReceiver } from './test-receiver.ts'

/** An app whose endpoints may lie inside, a system of a customer's that receives, and what is done between the two. */
export async function outgoingWorld() {
  const t = await testApp({ environment: { ALLOW_PRIVATE_WEBHOOKS: 'true' } })
  const world = await testWorld(t)
  const receiver = await testReceiver()
  return {
    t,
    world,
    receiver,
    /** An endpoint at the receiver, for these events or for all. */
    async endpoint(...events: string[]): Promise<{ id: string; secret: string }> {
      const made = await t.request('POST', 'WebhookEndpoint', {
        body: { url: receiver.url, events: events.length > 0 ? events : [...EVENT_TYPES] },
      })
      assert.equal(made.status, 201, JSON.stringify(made.body))
      return made.body
    },
    /** Routes whatever waits, then drives each endpoint once. */
    async deliver(): Promise<void> {
      while ((await routeEvents(t.deps)) > 0);
      for (const lease of await takeEndpoints(t.deps)) await driveEndpoint(t.deps, lease)
    },
    /** After each test: no endpoint, no event, and a receiver that has heard nothing and answers 204. */
    async clear(): Promise<void> {
      await run(t.deps.pool, sql`DELETE FROM webhook_endpoint`)
      await run(t.deps.pool, sql`DELETE FROM outgoing_event`)
      receiver.received.length = 0
      receiver.answer.status = 204
    },
    async close(): Promise<void> {
      await receiver.close()
      await t.drop()
    },
  }
}
