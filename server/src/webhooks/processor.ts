import { Counter } from 'prom-client'
import { applyAccountEvent, applyCapability, applyNumberEvent } from '../accounts/actions.ts'
import { addressesOf } from '../dispatch/address.ts'
import { setHold } from '../dispatch/holds.ts'
import { refusalOf } from '../dispatch/outcome.ts'
import type { Proof } from '../dispatch/proof.ts'
import { applyProofs } from '../dispatch/settle.ts'
import { STATE } from '../dispatch/state.ts'
import { type Db, inTransaction, many, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { metrics } from '../platform/metrics.ts'
import { applyTemplateCategory, applyTemplateQuality, applyTemplateStatus } from '../templates/actions.ts'
import { type AccountEvent, type MetaEvent, readEvents, type StatusEvent, type TemplateEvent } from './events.ts'
import { applyInbound } from './inbound.ts'
import { optOutFacts, STOPPED_MARKETING } from './intake.ts'
import { contactsOf, learnFromReceipts, messageByWamid, moveIdentity, said } from './people.ts'

const BODIES_MAX = 100
/** Bodies that got our 200 and could not be read: kept in `webhook_set_aside` for a person. */
const setAside = new Counter({
  name: 'fanfare_webhooks_set_aside_total',
  help: 'Signed webhook bodies that could not be read',
  registers: [metrics],
})

interface InboxRow {
  readonly id: number
  readonly workspace_id: string
  readonly account_id: string
  readonly received_at: Date
  readonly body: Buffer
}
/** The accounts and numbers of a workspace that entries of one path may speak for. */
interface Known {
  /** WABA id → account id. */
  readonly accounts: ReadonlyMap<string, string>
  /** Meta's phone number id → our number and its account. */
  readonly numbers: ReadonlyMap<string, { readonly id: string; readonly accountId: string }>
}
type Located<E extends MetaEvent> = E & { readonly accountId: string; readonly numberId: string | null }

const STATE_OF = { sent: STATE.sent, delivered: STATE.delivered, read: STATE.read, failed: STATE.undelivered } as const

/**
 * Applies one batch of stored webhooks in one transaction: receipts in sets, then what people did. Processed bodies are deleted with it.
 * A batch that fails is taken apart, so that one bad body is set aside and blocks nothing.
 * @returns how many bodies were taken
 */
export async function processInbox(deps: Deps): Promise<number> {
  try {
    return await inTransaction(deps.pool, (tx) => takeBatch(deps, tx, BODIES_MAX))
  } catch (error) {
    if (!isBodysFault(error)) throw error // the store is away or busy: the next look tries again
    return isolate(deps)
  }
}

class BadBody extends Error {}

/** The body itself cannot be read or stored; anything else (a lost connection, a deadlock) is no fault of it. */
const isBodysFault = (error: unknown): boolean => error instanceof BadBody || /^2[23]/.test((error as { code?: string }).code ?? '')

async function takeBatch(deps: Deps, tx: Db, limit: number): Promise<number> {
  const rows = await many<InboxRow>(
    tx,
    sql`SELECT id, workspace_id, account_id, received_at, body FROM webhook_inbox ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED`,
  )
  if (rows.length === 0) return 0
  for (const [workspaceId, own] of Map.groupBy(rows, (row) => row.workspace_id)) await applyBodies(deps, tx, workspaceId, own)
  await run(tx, sql`DELETE FROM webhook_inbox WHERE id = ANY(${rows.map(({ id }) => id)}::bigint[])`)
  return rows.length
}

/** One body at a time; what still fails is kept for a person. */
async function isolate(deps: Deps): Promise<number> {
  let taken = 0
  const rows = await many<{ id: number }>(deps.pool, sql`SELECT id FROM webhook_inbox ORDER BY id LIMIT ${BODIES_MAX}`)
  for (const { id } of rows) {
    taken++
    const take = (reason?: string) =>
      inTransaction(deps.pool, async (tx) => {
        const [row] = await many<InboxRow>(
          tx,
          sql`SELECT id, workspace_id, account_id, received_at, body FROM webhook_inbox WHERE id = ${id} FOR UPDATE SKIP LOCKED`,
        )
        if (row === undefined) return
        if (reason === undefined) await applyBodies(deps, tx, row.workspace_id, [row])
        else
          await run(
            tx,
            sql`INSERT INTO webhook_set_aside (id, account_id, workspace_id, received_at, reason, body)
                VALUES (${row.id}, ${row.account_id}, ${row.workspace_id}, ${row.received_at}, ${reason}, ${row.body})`,
          )
        await run(tx, sql`DELETE FROM webhook_inbox WHERE id = ${id}`)
      })
    try {
      await take()
    } catch (error) {
      if (!isBodysFault(error)) throw error
      deps.log.warn({ err: error, inboxId: id }, 'a webhook body was set aside')
      await take((error as Error).message.replaceAll('\0', '\uFFFD').slice(0, 500))
      setAside.inc()
    }
  }
  return taken
}

async function applyBodies(deps: Deps, tx: Db, workspaceId: string, rows: readonly InboxRow[]): Promise<void> {
  const known = new Map<string, Known>()
  for (const accountId of new Set(rows.map((row) => row.account_id))) known.set(accountId, await knownOf(tx, workspaceId, accountId))
  // What accounts went through counts in the order it happened, not in the order it was told.
  const when = (event: MetaEvent) => (event.kind === 'account' ? event.at.getTime() : 0)
  const events = rows.flatMap((row) => eventsOf(row, known.get(row.account_id) as Known)).sort((a, b) => when(a) - when(b))
  await applyStatuses(
    deps,
    tx,
    workspaceId,
    events.filter((event) => event.kind === 'status'),
  )
  for (const event of events) {
    switch (event.kind) {
      case 'message':
        await applyInbound(deps, tx, workspaceId, event)
        break
      case 'preference': {
        const people = await contactsOf(tx, workspaceId, event)
        await said(tx, workspaceId, people, {
          source: 'meta',
          stopped: event.value === 'stop',
          saidAt: event.at,
          note: `user_preferences: ${event.value}`,
        })
        if (event.value === 'signup')
          await run(tx, sql`UPDATE contact SET marketing_opt_in = true WHERE workspace_id = ${workspaceId} AND id = ANY(${people}::uuid[])`)
        break
      }
      case 'identity':
        await moveIdentity(
          tx,
          deps.secrets,
          workspaceId,
          { waId: event.newWaId === null ? null : event.waId, userId: event.previousUserId },
          { waId: event.newWaId ?? event.waId, userId: event.userId },
        )
        break
      case 'template':
        await applyTemplate(tx, workspaceId, event)
        break
      case 'account':
        await applyAccount(tx, workspaceId, event)
        break
    }
  }
  await settleFacts(
    tx,
    workspaceId,
    rows.map(({ id }) => id),
    optOutFacts(events).map(({ key }) => key),
  )
}

/** Reads a body; what belongs to an account that is not ours is left out (delivery.md §5). */
function eventsOf(row: InboxRow, known: Known): Located<MetaEvent>[] {
  let events: MetaEvent[]
  try {
    events = readEvents(row.body.toString('utf8'), row.received_at)
  } catch (error) {
    throw new BadBody(`not readable: ${(error as Error).message}`, { cause: error })
  }
  return events.flatMap((event): Located<MetaEvent>[] => {
    const accountId = known.accounts.get(event.wabaId)
    if (accountId === undefined) return []
    if (event.phoneNumberId === null) return [{ ...event, accountId, numberId: null }]
    const number = known.numbers.get(event.phoneNumberId)
    return number === undefined || number.accountId !== accountId ? [] : [{ ...event, accountId, numberId: number.id }]
  })
}

/** The account in the path, and the others of the same workspace whose webhooks the same app secret signs. */
async function knownOf(tx: Db, workspaceId: string, pathAccountId: string): Promise<Known> {
  const accounts = await many<{ id: string; waba_id: string }>(
    tx,
    sql`SELECT a.id, a.waba_id FROM whatsapp_account a JOIN whatsapp_account p ON p.workspace_id = a.workspace_id
         WHERE a.workspace_id = ${workspaceId} AND p.id = ${pathAccountId} AND a.removed_at IS NULL
           AND (a.id = p.id OR a.app_secret_mark IS NOT DISTINCT FROM p.app_secret_mark)`,
  )
  const numbers = await many<{ id: string; account_id: string; phone_number_id: string }>(
    tx,
    sql`SELECT id, account_id, phone_number_id FROM phone_number WHERE workspace_id = ${workspaceId} AND removed_at IS NULL
           AND account_id = ANY(${accounts.map(({ id }) => id)}::uuid[])`,
  )
  return {
    accounts: new Map(accounts.map(({ id, waba_id }) => [waba_id, id])),
    numbers: new Map(numbers.map((number) => [number.phone_number_id, { id: number.id, accountId: number.account_id }])),
  }
}

/** Provider times are believed within five minutes around what we know (api.md §7). */
const clamp = (at: Date, now: Date): Date => (at.getTime() > now.getTime() + 300_000 ? new Date(now.getTime() + 300_000) : at)

export const proofOf = (
  event: StatusEvent,
  at: { readonly campaignId: string; readonly seq: number; readonly attempt: number | null },
  now: Date,
): Proof => ({
  ...at,
  state: STATE_OF[event.status],
  at: clamp(event.at, now),
  wamid: event.wamid,
  ...(event.errorCode === null ? {} : { code: event.errorCode, isRetryable: isRetryable(event.errorCode) }),
  ...(event.errorTitle === null ? {} : { title: event.errorTitle }),
  ...(event.pricing === null ? {} : { pricing: event.pricing }),
})

/** After a failed receipt a resend may help, unless the code says that this person will not work. */
const isRetryable = (code: number): boolean => {
  const refusal = refusalOf(code)
  return refusal === undefined || refusal.class !== 'never'
}

async function applyStatuses(deps: Deps, tx: Db, workspaceId: string, events: readonly Located<StatusEvent>[]): Promise<void> {
  if (events.length === 0) return
  const addresses = addressesOf(deps)
  const now = deps.now()
  const proofs: Proof[] = []
  const byProof = new Map<Proof, Located<StatusEvent>>()
  const unmatched: Located<StatusEvent>[] = []
  for (const event of events) {
    const address = event.callbackData === null ? undefined : addresses.readAddress(event.callbackData)
    if (address?.kind === 'test') {
      await applyTestStatus(tx, workspaceId, address.testId, event)
      continue
    }
    const at = address ?? (await findByPerson(tx, workspaceId, event))
    if (at === undefined) {
      unmatched.push(event)
      continue
    }
    const proof = proofOf(event, { campaignId: at.campaignId, seq: at.seq, attempt: 'attempt' in at ? at.attempt : null }, now)
    proofs.push(proof)
    byProof.set(proof, event)
  }
  for (const proof of await applyProofs(tx, workspaceId, proofs)) {
    const event = byProof.get(proof)
    if (event !== undefined) unmatched.push(event)
  }
  await keepUnmatched(tx, workspaceId, unmatched)
  const told = proofs.flatMap((proof) => {
    const event = byProof.get(proof)
    return event !== undefined && (event.userId !== null || event.waId !== null) && event.status !== 'read'
      ? [{ campaignId: proof.campaignId, seq: proof.seq, waId: event.waId, userId: event.userId }]
      : []
  })
  await learnFromReceipts(tx, workspaceId, told)
  await applyFailures(tx, workspaceId, events, byProof)
}

/** What a failed receipt says beyond its recipient: an opt-out, or trouble of the template, the number or the account. */
async function applyFailures(
  tx: Db,
  workspaceId: string,
  events: readonly Located<StatusEvent>[],
  byProof: ReadonlyMap<Proof, StatusEvent>,
): Promise<void> {
  const campaigns = new Map([...byProof].map(([proof, event]) => [event, proof]))
  for (const event of events) {
    if (event.errorCode === null) continue
    const proof = campaigns.get(event)
    if (event.errorCode === STOPPED_MARKETING) {
      const reached = await contactsOf(tx, workspaceId, event)
      const own = proof === undefined ? [] : await recipientContact(tx, workspaceId, proof)
      await said(
        tx,
        workspaceId,
        [...new Set([...reached, ...own])],
        { source: 'meta', stopped: true, saidAt: event.at, note: 'Meta error 131050' },
        proof,
      )
      continue
    }
    const refusal = refusalOf(event.errorCode)
    if (refusal?.class !== 'hold') continue
    const [campaign] =
      proof === undefined
        ? []
        : await many<{ id: string; template_id: string }>(
            tx,
            sql`SELECT id, template_id FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${proof.campaignId}`,
          )
    const scopeId = {
      campaign: campaign?.id,
      template: campaign?.template_id,
      number: event.numberId,
      account: event.accountId,
      portfolio: null,
    }[refusal.scope]
    if (!scopeId) continue
    const detail = event.errorTitle ?? `Meta reports error ${event.errorCode}.`
    await setHold(tx, {
      workspaceId,
      scope: refusal.scope,
      scopeId,
      reason: refusal.reason,
      detail,
      code: event.errorCode,
      happenedAt: event.at,
    })
  }
}

const recipientContact = async (tx: Db, workspaceId: string, { campaignId, seq }: Proof): Promise<string[]> =>
  (
    await many<{ id: string }>(
      tx,
      sql`SELECT c.id FROM recipient r JOIN contact c ON c.workspace_id = r.workspace_id AND c.id = r.contact_id
           WHERE r.workspace_id = ${workspaceId} AND r.campaign_id = ${campaignId} AND r.seq = ${seq}`,
    )
  ).map(({ id }) => id)

const findByPerson = async (tx: Db, workspaceId: string, event: StatusEvent) => {
  if (event.waId === null && event.userId === null) return undefined
  const people = await contactsOf(tx, workspaceId, event)
  return people.length === 0 ? undefined : messageByWamid(tx, workspaceId, people, event.wamid)
}

async function applyTestStatus(tx: Db, workspaceId: string, testId: string, event: StatusEvent): Promise<void> {
  const ranks = ['Pending', 'Sending', 'Unknown', 'Sent', 'Failed', 'Delivered', 'Read']
  const state = { sent: 'Sent', delivered: 'Delivered', read: 'Read', failed: 'Failed' }[event.status]
  await run(
    tx,
    sql`UPDATE test_send SET state = ${state}, wamid = coalesce(wamid, ${event.wamid}), error_code = coalesce(${event.errorCode}, error_code),
               error_title = coalesce(${event.errorTitle}, error_title), settled_at = coalesce(settled_at, now())
         WHERE workspace_id = ${workspaceId} AND id = ${testId} AND array_position(${ranks}::text[], state) < array_position(${ranks}::text[], ${state}::text)`,
  )
}

async function keepUnmatched(tx: Db, workspaceId: string, events: readonly Located<StatusEvent>[]): Promise<void> {
  if (events.length === 0) return
  await run(
    tx,
    sql`INSERT INTO unmatched_receipt (workspace_id, id, number_id, receipt, next_try_at)
        SELECT ${workspaceId}, u.id, u.number_id, u.receipt, now() + interval '1 minute'
          FROM unnest(${events.map(() => newId())}::uuid[], ${events.map(({ numberId }) => numberId)}::uuid[], ${events.map((event) => JSON.stringify(event))}::jsonb[])
            AS u (id, number_id, receipt)`,
  )
}

/** Receipts that matched nothing are tried again for eight days: the database may have been behind. */
export async function retryUnmatched(deps: Deps): Promise<void> {
  const addresses = addressesOf(deps)
  await inTransaction(deps.pool, async (tx) => {
    const rows = await many<{
      workspace_id: string
      id: string
      receipt: Omit<Located<StatusEvent>, 'at'> & { at: string }
      first_at: Date
    }>(
      tx,
      sql`SELECT workspace_id, id, receipt, first_at FROM unmatched_receipt WHERE filed_as IS NULL AND next_try_at <= now()
           ORDER BY next_try_at LIMIT 200 FOR UPDATE SKIP LOCKED`,
    )
    for (const [workspaceId, own] of Map.groupBy(rows, (row) => row.workspace_id)) {
      const found: { readonly row: (typeof own)[number]; readonly isOurs: boolean; readonly proof: Proof | undefined }[] = []
      for (const row of own) {
        const event: StatusEvent = { ...row.receipt, at: new Date(row.receipt.at) }
        const address = event.callbackData === null ? undefined : addresses.readAddress(event.callbackData)
        const at = address?.kind === 'message' ? address : await findByPerson(tx, workspaceId, event)
        const proof = at && proofOf(event, { campaignId: at.campaignId, seq: at.seq, attempt: null }, deps.now())
        found.push({ row, isOurs: address !== undefined, proof })
      }
      // all at once: slices and counters are locked in one order whatever order the receipts came in
      const left = new Set(
        await applyProofs(
          tx,
          workspaceId,
          found.flatMap(({ proof }) => (proof === undefined ? [] : [proof])),
        ),
      )
      const isMatched = ({ proof }: (typeof found)[number]) => proof !== undefined && !left.has(proof)
      const matched = found.filter(isMatched).map(({ row }) => row.id)
      await run(tx, sql`DELETE FROM unmatched_receipt WHERE workspace_id = ${workspaceId} AND id = ANY(${matched}::uuid[])`)
      for (const { row, isOurs } of found.filter((one) => !isMatched(one))) {
        const ageMs = deps.now().getTime() - row.first_at.getTime()
        await run(
          tx,
          sql`UPDATE unmatched_receipt
                 SET next_try_at = now() + ${Math.max(60, ageMs / 1_000)} * interval '1 second',
                     filed_as = CASE WHEN ${ageMs > 8 * 86_400_000} THEN ${isOurs ? 'expired' : 'foreign'} END
               WHERE workspace_id = ${workspaceId} AND id = ${row.id}`,
        )
      }
    }
  })
}

/**
 * Facts of applied bodies go, and so do those that another account's entry brought; one that reached nobody stays and keeps that person
 * out, until a contact is linked to it.
 * @param applied keys of the facts that were applied; contact ids always are
 */
async function settleFacts(tx: Db, workspaceId: string, inboxIds: readonly number[], applied: readonly string[]): Promise<void> {
  await run(
    tx,
    sql`DELETE FROM opt_out_fact f WHERE f.workspace_id = ${workspaceId} AND f.inbox_id = ANY(${inboxIds}::bigint[])
           AND (f.key <> ALL(${applied}::text[])
                OR EXISTS (SELECT 1 FROM contact c WHERE c.workspace_id = f.workspace_id AND (c.send_key = f.key OR c.user_id = f.key)))`,
  )
  await run(
    tx,
    sql`UPDATE opt_out_fact SET is_unlinked = true WHERE workspace_id = ${workspaceId} AND inbox_id = ANY(${inboxIds}::bigint[]) AND NOT is_unlinked`,
  )
}

const textOf = (value: unknown): string | null => (typeof value === 'string' || typeof value === 'number' ? String(value) : null)
const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

async function applyTemplate(tx: Db, workspaceId: string, event: Located<TemplateEvent>): Promise<void> {
  const at = { workspaceId, accountId: event.accountId, metaId: event.metaId, name: event.name, language: event.language }
  const { value } = event
  if (event.field === 'message_template_status_update') {
    const rejection = objectOf(value.rejection_info)
    const other = objectOf(value.other_info)
    const reasons = [textOf(value.reason), textOf(rejection.reason), textOf(rejection.recommendation), textOf(other.description)]
    const reason = [...new Set(reasons.filter((text) => text !== null && text !== 'NONE'))].join(' · ')
    await applyTemplateStatus(tx, at, textOf(value.event) ?? 'UNKNOWN', reason === '' ? null : reason)
  } else if (event.field === 'message_template_quality_update') {
    await applyTemplateQuality(tx, at, textOf(value.new_quality_score) ?? 'UNKNOWN')
  } else if (event.field === 'template_category_update') {
    const becomes = textOf(value.correct_category)
    await applyTemplateCategory(tx, at, { category: becomes === null ? textOf(value.new_category) : null, becomes })
  } else if (event.field === 'message_template_components_update') {
    await run(
      tx,
      sql`UPDATE template SET notice = 'changed at Meta; sync to see it' WHERE workspace_id = ${workspaceId} AND account_id = ${event.accountId} AND name = ${event.name} AND language = ${event.language}`,
    )
  }
}

async function applyAccount(tx: Db, workspaceId: string, event: Located<AccountEvent>): Promise<void> {
  const at = { workspaceId, accountId: event.accountId }
  const { value } = event
  const name = textOf(value.event) ?? ''
  if (event.field === 'phone_number_quality_update')
    await applyNumberEvent(tx, at, {
      displayPhoneNumber: textOf(value.display_phone_number) ?? '',
      event: name,
      limit: textOf(value.current_limit),
    })
  if (event.field === 'business_capability_update') {
    const limit = Number(value.max_daily_conversations_per_business ?? value.max_daily_conversation_per_phone)
    if (Number.isFinite(limit)) await applyCapability(tx, at, limit)
  }
  if (event.field === 'account_update') {
    const restrictions = (Array.isArray(value.restriction_info) ? value.restriction_info : []).map((item: unknown) => {
      const { restriction_type, expiration } = objectOf(item)
      const seconds = Number(expiration)
      const parsed =
        Number.isFinite(seconds) && seconds > 0 ? new Date(seconds * 1_000) : typeof expiration === 'string' ? new Date(expiration) : null
      return { type: textOf(restriction_type) ?? '', expiresAt: parsed === null || Number.isNaN(parsed.getTime()) ? null : parsed }
    })
    await applyAccountEvent(tx, at, { event: name, banState: textOf(objectOf(value.ban_info).waba_ban_state), restrictions })
  }
  await run(
    tx,
    sql`INSERT INTO account_notice (workspace_id, id, account_id, field, event, text, detail, at)
        VALUES (${workspaceId}, ${newId()}, ${event.accountId}, ${event.field}, ${name}, ${textOf(value.alert_description) ?? (name || event.field)},
                ${JSON.stringify(value)}, ${event.at})`,
  )
}
