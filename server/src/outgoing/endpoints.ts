import type { z } from '@hono/zod-openapi'
import { audit } from '../platform/audit.ts'
import { type Db, maybeOne, one, run, sql } from '../platform/db.ts'
import { type Deps, etagOf, invalidInput, type Principal } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import { urlProblem } from './address.ts'
import { attempt, type Endpoint, endpointColumns, SECRET_FIELD } from './deliver.ts'
import type { PostResult } from './post.ts'
import { type EndpointRow, shownColumns, type WebhookEndpointInput } from './schema.ts'
import { newSecret } from './signature.ts'

/** Endpoints of one workspace: each may make every message of it leave the house once more. */
const ENDPOINTS_MAX = 50
/** How long a former secret signs as well. */
const CHANGE_OVER_HOURS = 24

type Input = z.output<typeof WebhookEndpointInput>

export const absent = () => new Problem('not-found', 'There is no such webhook endpoint.')

function checkUrl({ config }: Deps, url: string): void {
  const problem = urlProblem(url, config.ALLOW_PRIVATE_WEBHOOKS)
  if (problem !== undefined) throw invalidInput([{ pointer: '/url', detail: problem }])
}

/** Host and path are for the audit log; a query may hold a receiver's own secret. */
const forAudit = (url: string): string => url.split('?')[0] ?? ''

export async function createEndpoint(deps: Deps, tx: Db, principal: Principal, input: Input): Promise<EndpointRow & { secret: string }> {
  const { workspaceId, actor } = principal
  checkUrl(deps, input.url)
  await one(tx, sql`SELECT 1 FROM workspace WHERE id = ${workspaceId} FOR UPDATE`) // so that two at once cannot pass the limit
  const { n } = await one<{ n: number }>(tx, sql`SELECT count(*) AS n FROM webhook_endpoint WHERE workspace_id = ${workspaceId}`)
  if (n >= ENDPOINTS_MAX) throw new Problem('conflict', `A workspace has at most ${ENDPOINTS_MAX} webhook endpoints.`)
  const id = newId()
  const secret = newSecret()
  const row = await one<EndpointRow>(
    tx,
    sql`INSERT INTO webhook_endpoint (workspace_id, id, url, description, events, secret_sealed, is_enabled, created_by_name)
        VALUES (${workspaceId}, ${id}, ${input.url}, ${input.description}, ${input.events}, ${await deps.secrets.seal(workspaceId, SECRET_FIELD, secret)},
                ${input.isEnabled}, ${actor.name}) RETURNING ${shownColumns}`,
  )
  await audit(tx, principal, {
    action: 'webhookEndpoint.create',
    objectType: 'WebhookEndpoint',
    objectId: id,
    detail: { url: forAudit(input.url), events: input.events },
  })
  return { ...row, secret }
}

/** Replaces what can be edited. Enabling one again forgives its failures; what waited is delivered. */
export async function updateEndpoint(
  deps: Deps,
  tx: Db,
  principal: Principal,
  id: string,
  input: Input,
  checkEtag: (etag: string) => void,
): Promise<EndpointRow> {
  const { workspaceId } = principal
  checkUrl(deps, input.url)
  const known = await maybeOne<EndpointRow>(
    tx,
    sql`SELECT ${shownColumns} FROM webhook_endpoint WHERE workspace_id = ${workspaceId} AND id = ${id} FOR UPDATE`,
  )
  if (known === undefined) throw absent()
  checkEtag(etagOf(known.version))
  await audit(tx, principal, {
    action: 'webhookEndpoint.update',
    objectType: 'WebhookEndpoint',
    objectId: id,
    detail: { url: forAudit(input.url), events: input.events, isEnabled: input.isEnabled },
  })
  return one<EndpointRow>(
    tx,
    sql`UPDATE webhook_endpoint
           SET url = ${input.url}, description = ${input.description}, events = ${input.events}, is_enabled = ${input.isEnabled},
               disabled_reason = CASE WHEN NOT ${input.isEnabled} AND NOT is_enabled THEN disabled_reason END,
               failing_since = CASE WHEN is_enabled THEN failing_since END, updated_at = now(), version = version + 1
         WHERE workspace_id = ${workspaceId} AND id = ${id} RETURNING ${shownColumns}`,
  )
}

/** Takes the endpoint and its log away. */
export async function deleteEndpoint(tx: Db, principal: Principal, id: string, checkEtag: (etag: string) => void): Promise<void> {
  const known = await maybeOne<{ version: number }>(
    tx,
    sql`SELECT version FROM webhook_endpoint WHERE workspace_id = ${principal.workspaceId} AND id = ${id} FOR UPDATE`,
  )
  if (known === undefined) throw absent()
  checkEtag(etagOf(known.version))
  await run(tx, sql`DELETE FROM webhook_endpoint WHERE workspace_id = ${principal.workspaceId} AND id = ${id}`)
  await audit(tx, principal, { action: 'webhookEndpoint.delete', objectType: 'WebhookEndpoint', objectId: id })
}

/** A new signing secret; the former one signs as well for a day. */
export async function rotateSecret(deps: Deps, tx: Db, principal: Principal, id: string): Promise<EndpointRow & { secret: string }> {
  const { workspaceId } = principal
  const secret = newSecret()
  const row = await maybeOne<EndpointRow>(
    tx,
    sql`UPDATE webhook_endpoint
           SET former_secret_sealed = secret_sealed, former_until = now() + ${CHANGE_OVER_HOURS} * interval '1 hour',
               secret_sealed = ${await deps.secrets.seal(workspaceId, SECRET_FIELD, secret)}
         WHERE workspace_id = ${workspaceId} AND id = ${id} RETURNING ${shownColumns}`,
  )
  if (row === undefined) throw absent()
  await audit(tx, principal, { action: 'webhookEndpoint.rotateSecret', objectType: 'WebhookEndpoint', objectId: id })
  return { ...row, secret }
}

/** Calls the endpoint once, now, enabled or not, and writes the call into its log. */
export async function testEndpoint(deps: Deps, principal: Principal, id: string): Promise<PostResult & { deliveryId: string }> {
  const { workspaceId } = principal
  const endpoint = await maybeOne<Endpoint>(
    deps.pool,
    sql`SELECT ${endpointColumns} FROM webhook_endpoint WHERE workspace_id = ${workspaceId} AND id = ${id}`,
  )
  if (endpoint === undefined) throw absent()
  await audit(deps.pool, principal, { action: 'webhookEndpoint.test', objectType: 'WebhookEndpoint', objectId: id })
  const deliveryId = newId()
  const data = { message: 'A test from Fanfare.' }
  const delivery = {
    workspaceId,
    endpointId: id,
    id: deliveryId,
    type: 'webhook.test',
    campaignId: null,
    seqs: null,
    data,
    happenedAt: deps.now(),
  }
  const result = await attempt(deps, endpoint, delivery)
  const entry = [{ at: deps.now().toISOString(), status: result.status, error: result.error, ms: result.ms }]
  await run(
    deps.pool,
    sql`INSERT INTO outgoing_delivery (workspace_id, endpoint_id, id, type, data, happened_at, status, attempts, tries, delivered_at)
        VALUES (${workspaceId}, ${id}, ${deliveryId}, 'webhook.test', ${JSON.stringify(data)}, ${delivery.happenedAt},
                ${result.error === null ? 'Delivered' : 'Failed'}, ${JSON.stringify(entry)}, 1, CASE WHEN ${result.error === null} THEN now() END)`,
  )
  return { ...result, deliveryId }
}

/** Puts a delivery in line again, with a fresh set of tries; its id stays, so a receiver knows it. */
export async function resendDelivery(tx: Db, principal: Principal, id: string, deliveryId: string): Promise<void> {
  const { workspaceId } = principal
  const again = await run(
    tx,
    sql`UPDATE outgoing_delivery SET status = 'Pending', tries = 0, next_attempt_at = now(), delivered_at = NULL
         WHERE workspace_id = ${workspaceId} AND endpoint_id = ${id} AND id = ${deliveryId}`,
  )
  if (again === 0) throw new Problem('not-found', 'There is no such delivery.')
  await audit(tx, principal, { action: 'webhookEndpoint.resend', objectType: 'WebhookEndpoint', objectId: id, detail: { deliveryId } })
}
