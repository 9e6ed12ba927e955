import { timingSafeEqual } from 'node:crypto'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { AppEnv } from '../platform/http.ts'
import { Problem } from '../platform/problem.ts'
import { readBytes } from '../platform/request-body.ts'
import { BODY_BYTES_MAX, type Receiver } from './receiver.ts'

/**
 * What Meta calls: the handshake, and the posts that tell what became of messages. No key: the signature is the credential. Most posts never come
 * here: `direct-intake.ts` takes them.
 */
export function webhookRoutes(receiver: Receiver): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>()

  routes.get('/webhooks/meta/:accountId', async (c) => {
    const account = await receiver.accountOf(c.req.param('accountId'))
    const query = c.req.query()
    const given = Buffer.from(query['hub.verify_token'] ?? '')
    const expected = Buffer.from(account.verifyToken ?? '')
    const isKnown = account.verifyToken !== null && given.length === expected.length && timingSafeEqual(given, expected)
    if (query['hub.mode'] !== 'subscribe' || !isKnown) throw new Problem('forbidden', 'The verify token is not the one of this account.')
    return c.body(query['hub.challenge'] ?? '', 200, { 'Content-Type': 'text/plain; charset=utf-8' })
  })

  routes.post('/webhooks/meta/:accountId', async (c) => {
    const account = await receiver.accountOf(c.req.param('accountId'))
    const body = await readBytes(c.req.raw.body, BODY_BYTES_MAX, Number(c.req.header('content-length') ?? 0))
    await receiver.receive(account, body, c.req.header('x-hub-signature-256'))
    return c.body(null, 200)
  })
  return routes
}
