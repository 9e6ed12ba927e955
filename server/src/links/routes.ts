import { OpenAPIHono } from '@hono/zod-openapi'
import { compiledMessageOf } from '../campaigns/message.ts'
import { addressesOf } from '../dispatch/address.ts'
import { makeTally } from '../dispatch/counters.ts'
import { maybeOne, sql } from '../platform/db.ts'
import type { AppEnv, Deps } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import type { CompiledMessage } from '../templates/render.ts'
import { recordClick } from '../webhooks/clicks.ts'

/** Programs that fetch links to preview or scan them: they are sent on, and not counted. */
const ROBOTS =
  /WhatsApp|facebookexternalhit|facebookcatalog|bot\b|crawler|spider|preview|scanner|curl\/|wget|python-requests|headlesschrome/i
/** Repeated requests of one person within this time are one click. */
const COLLAPSE_SECONDS = 5

/** Tracked links: the token says campaign, person and button; where it leads comes from the campaign, never from the request. */
export function linkRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const routes = new OpenAPIHono<AppEnv>()
  routes.get('/r/:token', async (c) => {
    const link = addressesOf(deps).readLink(c.req.param('token'))
    const found =
      link &&
      (await maybeOne<Found>(
        deps.pool,
        sql`SELECT c.workspace_id, r.fields, r.version_no, cardinality(c.field_names) AS field_count
              FROM campaign c LEFT JOIN recipient r ON r.workspace_id = c.workspace_id AND r.campaign_id = c.id AND r.seq = ${link.seq}
             WHERE c.id = ${link.campaignId} AND c.frozen_at IS NOT NULL AND (r.seq IS NOT NULL OR c.people_deleted_at IS NOT NULL)`,
      ))
    if (link === undefined || found === undefined) throw new Problem('not-found', 'This link leads nowhere.')
    const message = await compiledMessageOf(deps, found.workspace_id, link.campaignId)
    const destination = destinationOf(message, found, link.button)
    if (destination === undefined) throw new Problem('not-found', 'This link leads nowhere.')
    const isPrefetch = /prefetch|preview/i.test(`${c.req.header('purpose') ?? ''}${c.req.header('sec-purpose') ?? ''}`)
    if (c.req.raw.method === 'GET' && !isPrefetch && !ROBOTS.test(c.req.header('user-agent') ?? ''))
      await count(deps, found.workspace_id, link)
    return c.body(null, 302, { Location: destination, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' })
  })
  return routes
}

interface Found {
  readonly workspace_id: string
  /** Of the recipient; null: no longer kept. */
  readonly fields: (string | null)[] | null
  readonly version_no: number | null
  readonly field_count: number
}

/** Where a button leads. When its person is no longer kept: where it leads everybody, if it is one place. */
function destinationOf(message: CompiledMessage, { fields, version_no, field_count }: Found, button: number): string | undefined {
  const leadsTo = (some: (string | null)[]) => {
    const rendered = message.render(some, { quickReplyPayload: () => '', linkToken: () => '' }, version_no ?? 0)
    return rendered.ok ? rendered.destinations[button] : undefined
  }
  if (fields !== null) return leadsTo(fields)
  const [one, another] = ['1', '2'].map((text) => leadsTo(Array<string>(field_count).fill(text)))
  return one === another ? one : undefined
}

/** Counted before the redirect, so that a click we saw is durable. A store that is away loses the count, not the person. */
async function count(
  deps: Deps,
  workspaceId: string,
  link: { readonly campaignId: string; readonly seq: number; readonly button: number },
): Promise<void> {
  try {
    await inTransaction(deps.pool, async (tx) => {
      const just = await maybeOne(
        tx,
        sql`SELECT 1 FROM button_presser WHERE workspace_id = ${workspaceId} AND campaign_id = ${link.campaignId} AND seq = ${link.seq}
               AND button_index = ${link.button} AND last_at > now() - ${COLLAPSE_SECONDS} * interval '1 second'`,
      )
      if (just !== undefined) return
      const tally = makeTally()
      await recordClick(tx, { workspaceId, ...link, clickId: newId(), kind: 'url', isStop: false, text: '', at: deps.now() }, tally)
      await tally.flush(tx, workspaceId)
    })
  } catch (error) {
    deps.log.warn({ err: error }, 'a click could not be counted')
  }
}
