import { randomUUID } from 'node:crypto'
import { noteMail } from '../notices/notices.ts'
import { audit } from '../platform/audit.ts'
import { type Db, many, maybeOne, one, run, sql } from '../platform/db.ts'
import type { Deps, Principal } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'
import { bodyOf, type Delivery } from './body.ts'
import { type PostResult, post } from './post.ts'
import { nextWait } from './retry.ts'
import { signedHeaders } from './signature.ts'

/** Calls to one endpoint at the same time. */
const AT_ONCE = 8
/** Longer than any round of calls: a process that dies frees its endpoints after this. */
const LEASE_SECONDS = 60
/** An endpoint without a single success for this long is disabled. */
const GIVE_UP_DAYS = 5
const KEEP_DAYS = 30

export const SECRET_FIELD = 'webhook_endpoint.secret'

export interface Endpoint {
  readonly workspaceId: string
  readonly id: string
  readonly url: string
  readonly secret: Buffer
  readonly formerSecret: Buffer | null
}
export const endpointColumns = sql`workspace_id AS "workspaceId", id, url, secret_sealed AS secret,
  CASE WHEN former_until > now() THEN former_secret_sealed END AS "formerSecret"`

export interface Lease extends Endpoint {
  readonly token: string
}

/** Takes endpoints that have something due and are in nobody's hands: one delivery loop each, however many processes look. */
export async function takeEndpoints(deps: Deps): Promise<Lease[]> {
  const token = randomUUID()
  const endpoints = await many<Endpoint>(
    deps.pool,
    sql`UPDATE webhook_endpoint e SET lease_token = ${token}, lease_until = now() + ${LEASE_SECONDS} * interval '1 second'
          FROM (SELECT p.workspace_id, p.id FROM webhook_endpoint p
                 WHERE p.is_enabled AND (p.lease_until IS NULL OR p.lease_until < now())
                   AND EXISTS (SELECT 1 FROM outgoing_delivery d WHERE d.workspace_id = p.workspace_id AND d.endpoint_id = p.id
                                  AND d.status = 'Pending' AND d.next_attempt_at <= now())
                 ORDER BY p.workspace_id, p.id LIMIT 20 FOR UPDATE OF p SKIP LOCKED) AS free
         WHERE e.workspace_id = free.workspace_id AND e.id = free.id
        RETURNING e.workspace_id AS "workspaceId", e.id, e.url, e.secret_sealed AS secret,
                  CASE WHEN e.former_until > now() THEN e.former_secret_sealed END AS "formerSecret"`,
  )
  return endpoints.map((endpoint) => ({ ...endpoint, token }))
}

const renew = (deps: Deps, { workspaceId, id, token }: Lease) =>
  run(
    deps.pool,
    sql`UPDATE webhook_endpoint SET lease_until = now() + ${LEASE_SECONDS} * interval '1 second'
         WHERE workspace_id = ${workspaceId} AND id = ${id} AND lease_token = ${token} AND is_enabled`,
  )

/** Delivers what is due to one endpoint until nothing is, its lease is lost, or we stop. */
export async function driveEndpoint(deps: Deps, lease: Lease, isStopping: () => boolean = () => false): Promise<void> {
  const { workspaceId, id, token } = lease
  try {
    while (!isStopping()) {
      const due = await many<Delivery>(
        deps.pool,
        sql`SELECT workspace_id AS "workspaceId", endpoint_id AS "endpointId", id, type, campaign_id AS "campaignId", seqs, data, happened_at AS "happenedAt"
              FROM outgoing_delivery
             WHERE workspace_id = ${workspaceId} AND endpoint_id = ${id} AND status = 'Pending' AND next_attempt_at <= now()
             ORDER BY next_attempt_at, id LIMIT ${AT_ONCE}`,
      )
      if (due.length === 0) return
      const results = await Promise.all(due.map(async (delivery) => ({ delivery, result: await attempt(deps, lease, delivery) })))
      for (const { delivery, result } of results) await record(deps, delivery, result, Math.random())
      if ((await renew(deps, lease)) === 0) return
    }
  } finally {
    await run(
      deps.pool,
      sql`UPDATE webhook_endpoint SET lease_until = NULL, lease_token = NULL WHERE workspace_id = ${workspaceId} AND id = ${id} AND lease_token = ${token}`,
    )
  }
}

/** One call to an endpoint: rendered, signed, pinned and bounded. Never throws for anything the receiver does. */
export async function attempt(deps: Deps, endpoint: Endpoint, delivery: Delivery): Promise<PostResult> {
  const open = (sealed: Buffer) => deps.secrets.open(endpoint.workspaceId, SECRET_FIELD, sealed)
  const secrets = [await open(endpoint.secret), ...(endpoint.formerSecret === null ? [] : [await open(endpoint.formerSecret)])]
  const body = await bodyOf(deps.pool, delivery)
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Fanfare',
    ...signedHeaders(secrets, delivery.id, deps.now(), body),
  }
  return post(endpoint.url, body, headers, { allowPrivate: deps.config.ALLOW_PRIVATE_WEBHOOKS })
}

/** Writes down how an attempt went and what follows: done, another try, given up, or the endpoint disabled. */
export async function record(deps: Deps, delivery: Delivery, result: PostResult, random: number): Promise<void> {
  const { workspaceId, endpointId, id } = delivery
  const isDone = result.error === null
  await inTransaction(deps.pool, async (tx) => {
    const entry = JSON.stringify([{ at: deps.now().toISOString(), status: result.status, error: result.error, ms: result.ms }])
    const { tries } = await one<{ tries: number }>(
      tx,
      sql`UPDATE outgoing_delivery SET tries = tries + 1, attempts = attempts || ${entry}::jsonb
           WHERE workspace_id = ${workspaceId} AND endpoint_id = ${endpointId} AND id = ${id} RETURNING tries`,
    )
    const wait = isDone ? undefined : nextWait(tries, random, result.retryAfterSeconds)
    await run(
      tx,
      sql`UPDATE outgoing_delivery
             SET status = ${isDone ? 'Delivered' : wait === undefined ? 'Failed' : 'Pending'}, delivered_at = CASE WHEN ${isDone} THEN now() END,
                 next_attempt_at = now() + ${wait ?? 0} * interval '1 second'
           WHERE workspace_id = ${workspaceId} AND endpoint_id = ${endpointId} AND id = ${id}`,
    )
    const endpoint = await maybeOne<{ url: string; is_lost: boolean }>(
      tx,
      sql`UPDATE webhook_endpoint
             SET last_status = ${result.status}, last_attempt_at = now(), failing_since = CASE WHEN NOT ${isDone} THEN coalesce(failing_since, now()) END
           WHERE workspace_id = ${workspaceId} AND id = ${endpointId} AND is_enabled
          RETURNING url, failing_since < now() - ${GIVE_UP_DAYS} * interval '1 day' AS is_lost`,
    )
    if (endpoint === undefined) return
    if (result.status === 410) await disable(deps, tx, delivery, endpoint.url, 'It answered 410 Gone.')
    else if (endpoint.is_lost) await disable(deps, tx, delivery, endpoint.url, `No delivery succeeded for ${GIVE_UP_DAYS} days.`)
  })
}

/** What this program does by itself, in the audit log. */
const fanfare = (workspaceId: string): Principal => ({
  workspaceId,
  credentialId: '',
  permissions: new Set(),
  actor: { type: 'system', id: null, name: 'Fanfare' },
  address: null,
  requestId: newId(),
})

async function disable(deps: Deps, tx: Db, { workspaceId, endpointId }: Delivery, url: string, reason: string): Promise<void> {
  await run(
    tx,
    sql`UPDATE webhook_endpoint SET is_enabled = false, disabled_reason = ${reason}, updated_at = now(), version = version + 1
         WHERE workspace_id = ${workspaceId} AND id = ${endpointId}`,
  )
  await audit(tx, fanfare(workspaceId), {
    action: 'webhookEndpoint.disable',
    objectType: 'WebhookEndpoint',
    objectId: endpointId,
    detail: { reason },
  })
  if (deps.config.SMTP_URL !== undefined)
    await noteMail(tx, workspaceId, {
      type: 'webhook.disabled',
      subject: 'A webhook endpoint was disabled',
      body: `Fanfare no longer calls ${url}. ${reason}\nEnable it again when it works; what waits for it is then delivered.`,
    })
}

/** Old entries of the log go, delivered or not. */
export const forgetOldDeliveries = (deps: Deps): Promise<number> =>
  run(deps.pool, sql`DELETE FROM outgoing_delivery WHERE created_at < now() - ${KEEP_DAYS} * interval '1 day'`)
