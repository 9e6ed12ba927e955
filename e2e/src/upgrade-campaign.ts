import { randomUUID } from 'node:crypto'
import type { Simulator } from '@fanfare/simulator'
import type pg from 'pg'
import { PERMISSIONS } from '../../server/src/access/permissions.ts'

export const AUDIENCE = 40
/** Everyone up to here was intended. */
const CURSOR = 14
/** Intended, and the process ended before it heard. */
const IN_DOUBT = [13, 14]
const FROZEN_OUT = 20
const OPTED_OUT_SINCE = 30
/** Out of the campaign's topic, from the schema on that knows topics. */
const OUT_OF_TOPIC = 31
const TOPICS = 16

export const phoneOf = (seq: number): string => `+9197000${String(10_000 + seq)}`

/** Who is still to be messaged when the older program ended. */
export const isToBeSent = (seq: number, schema: number): boolean =>
  seq === 11 || (seq > CURSOR && seq !== FROZEN_OUT && seq !== OPTED_OUT_SINCE && !(seq === OUT_OF_TOPIC && schema >= TOPICS))

/** state, and the columns that say more about it; see dispatch/state.ts. */
const MESSAGES: readonly { readonly seq: number; readonly state: number; readonly more?: Record<string, unknown> }[] = [
  ...[1, 2, 3, 12].map((seq) => ({ seq, state: 6 })),
  ...[4, 5].map((seq) => ({ seq, state: 8, more: { delivered_at: new Date() } })),
  { seq: 6, state: 9, more: { delivered_at: new Date(), read_at: new Date() } },
  { seq: 7, state: 5, more: { error_code: 132_000, error_title: 'Parameters do not match', is_retryable: false, failed_at: new Date() } },
  { seq: 8, state: 7, more: { error_code: 131_026, error_title: 'Undeliverable', is_retryable: true, failed_at: new Date() } },
  { seq: 9, state: 2 },
  { seq: 10, state: 3, more: { skip_reason: 'opted_out' } },
  { seq: 11, state: 0, more: { error_code: 131_056 } },
  { seq: FROZEN_OUT, state: 3, more: { skip_reason: 'no_opt_in' } },
]

export interface Made {
  readonly workspaceId: string
  readonly campaignId: string
}
export interface Around {
  readonly simulator: Simulator
  /** SHA-256 of an API key. */
  readonly keyHash: Buffer
  readonly seal: (workspaceId: string, field: string, text: string) => Promise<Buffer>
}

/** A frozen campaign in the middle of its run, in plain SQL of this schema, as a process that was stopped leaves it. */
export async function runningCampaign(pool: pg.Pool, schema: number, { simulator, keyHash, seal }: Around): Promise<Made> {
  const [workspaceId, accountId, numberId, templateId, campaignId] = Array.from({ length: 5 }, () => randomUUID())
  const ids = { workspace_id: workspaceId }
  const campaign = { ...ids, campaign_id: campaignId }
  const sealed = (field: string, text: string) => seal(workspaceId as string, field, text)
  const components = [{ type: 'BODY', text: 'Welcome and congratulations! This message shows that everything works.' }]
  await insert(pool, 'install', { id: randomUUID() })
  await insert(pool, 'workspace', {
    id: workspaceId,
    name: 'Shop',
    stop_words: schema >= TOPICS ? [{ language: 'en', words: ['basta'] }] : undefined,
  })
  const key = { key_hash: keyHash, prefix: 'ff_', permissions: PERMISSIONS, created_by_name: 'test' }
  await insert(pool, 'api_key', { ...ids, id: randomUUID(), name: 'Key', ...key })
  await insert(pool, 'whatsapp_account', {
    ...ids,
    id: accountId,
    name: 'Account',
    waba_id: simulator.wabaId,
    access_token_sealed: await sealed('whatsapp_account.access_token', simulator.accessToken),
    app_secret_sealed: await sealed('whatsapp_account.app_secret', simulator.appSecret),
  })
  await insert(pool, 'phone_number', {
    ...ids,
    id: numberId,
    account_id: accountId,
    phone_number_id: simulator.phoneNumberId,
    display_phone_number: '15550047120',
    status: 'CONNECTED',
    messaging_limit: 'TIER_UNLIMITED',
    is_default: true,
  })
  await insert(pool, 'number_lease', { ...ids, number_id: numberId, token: 5, worker_key: 987_654 })
  const frozen = { name: 'hello_world', language: 'en_US', category: 'UTILITY' }
  await insert(pool, 'template', {
    ...ids,
    id: templateId,
    account_id: accountId,
    ...frozen,
    status: 'APPROVED',
    components,
    parameters: [],
  })

  const contacts = Array.from({ length: AUDIENCE }, () => randomUUID())
  for (const [i, id] of contacts.entries()) {
    const send_key = phoneOf(i + 1).slice(1)
    const isOut = i + 1 === OPTED_OUT_SINCE
    await insert(pool, 'contact', {
      ...ids,
      id,
      phone_e164: `+${send_key}`,
      send_key,
      key_hash: Buffer.from(send_key),
      first_name: `Person ${i + 1}`,
      tags: ['Customer'],
      country: 'IN',
      opted_out_at: isOut ? new Date() : null,
    })
    if (isOut) await insert(pool, 'consent', { ...ids, contact_id: id, source: 'word', stopped: true, said_at: new Date() })
  }
  let topicId: string | undefined
  if (schema >= TOPICS) {
    topicId = randomUUID()
    await insert(pool, 'topic', { ...ids, id: topicId, name: 'Offers', created_by_name: 'test' })
    const stop = { topic_id: topicId, source: 'button', stopped: true, said_at: new Date() }
    await insert(pool, 'contact_topic', { ...ids, contact_id: contacts[OUT_OF_TOPIC - 1], ...stop })
  }
  await insert(pool, 'campaign', {
    ...ids,
    id: campaignId,
    name: 'Under way',
    status: 'Running',
    template_id: templateId,
    number_id: numberId,
    account_id: accountId,
    contact_filter: { everyone: true },
    created_by_name: 'test',
    created_by_type: 'apiKey',
    started_at: new Date(),
    frozen_at: new Date(),
    audience: AUDIENCE,
    frozen_template: { ...frozen, parameterFormat: 'POSITIONAL', components },
    topic_id: topicId,
    circuit_breaker: schema >= 17 ? { failureShare: 0.9, afterMessages: 1_000 } : undefined,
  })
  for (const [i, contact_id] of contacts.entries()) {
    const address = i + 1 === FROZEN_OUT ? null : phoneOf(i + 1)
    await insert(pool, 'recipient', { ...campaign, seq: i + 1, contact_id, send_key: address?.slice(1) ?? null, address })
  }
  for (const { seq, state, more } of MESSAGES) {
    const attempt = state === 3 ? 0 : 1
    const wamid = state >= 6 ? `wamid.OLD${seq}` : null
    const times = state === 3 ? {} : { intended_at: new Date(), ...(state >= 6 && { accepted_at: new Date(), sent_at: new Date() }) }
    await insert(pool, 'message', { ...campaign, seq, state, attempt, tries: attempt, wamid, settled_at: new Date(), ...times, ...more })
  }
  await insert(pool, 'message_retry', { ...campaign, seq: 11, attempt: 1, due_at: new Date() })
  const counts = { sent: 4, delivered: 2, read: 1, skipped: 2, unknown: 1 }
  await insert(pool, 'campaign_counter', { ...campaign, ...counts, rejected: 1, undelivered: 1 })
  await insert(pool, 'campaign_slice', {
    ...campaign,
    slice_no: 0,
    first_seq: 1,
    last_seq: AUDIENCE,
    cursor_seq: CURSOR,
    owner_token: 5,
    advanced_at: new Date(),
    sending: IN_DOUBT.length,
    ...counts,
    failed: 2,
  })
  for (const [kind, code] of [['rejected', '132000'], ['undelivered', '131026'], ['skipped', 'opted_out'], ['skipped', 'no_opt_in']]) // biome-ignore format: a table
    await insert(pool, 'campaign_failure', { ...campaign, kind, code, count: 1 })
  await insert(pool, 'campaign_country', { ...campaign, country: 'IN', recipients: AUDIENCE - 1 })
  return { workspaceId: workspaceId as string, campaignId: campaignId as string }
}

/** One row; what is undefined is left to the column's default. */
async function insert(pool: pg.Pool, table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
  const given = Object.entries(row).filter(([, value]) => value !== undefined)
  const isJson = (value: unknown) => (Array.isArray(value) ? typeof value[0] === 'object' : value !== null && value?.constructor === Object)
  const json = (column: string, value: unknown) => (isJson(value) || column === 'parameters' ? JSON.stringify(value) : value)
  await pool.query(
    `INSERT INTO ${table} (${given.map(([column]) => column).join(', ')}) VALUES (${given.map((_, i) => `$${i + 1}`).join(', ')})`,
    given.map(([column, value]) => json(column, value)),
  )
}

/** The columns of every table, as they are now. */
export async function columnsOf(pool: pg.Pool): Promise<Record<string, string[]>> {
  const { rows } = await pool.query<{ name: string; columns: string[] }>(
    `SELECT table_name AS name, array_agg(column_name::text ORDER BY ordinal_position) AS columns
       FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
      WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'schema_migration' GROUP BY table_name ORDER BY 1`,
  )
  return Object.fromEntries(rows.map(({ name, columns }) => [name, columns]))
}

/** What stands in these columns, as rows in no order and one hash for each table. */
export async function contents(pool: pg.Pool, columns: Readonly<Record<string, string[]>>): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [table, names] of Object.entries(columns)) {
    const row = `md5(ROW(${names.map((name) => `"${name}"`).join(', ')})::text)`
    const { rows } = await pool.query<{ n: number; hash: string }>(
      `SELECT count(*)::int AS n, md5(coalesce(string_agg(${row}, '' ORDER BY ${row}), '')) AS hash FROM "${table}"`,
    )
    found[table] = `${rows[0]?.n} ${rows[0]?.hash}`
  }
  return found
}
