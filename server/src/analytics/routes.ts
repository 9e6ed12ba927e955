import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { compiledMessageOf } from '../campaigns/message.ts'
import { campaignById } from '../campaigns/queries.ts'
import { CampaignItem } from '../campaigns/schema.ts'
import { addressesOf } from '../dispatch/address.ts'
import { SHOWN_STATUSES, type ShownStatus } from '../dispatch/state.ts'
import { audit } from '../platform/audit.ts'
import { csvLine, csvStream, guardCell } from '../platform/csv.ts'
import { many, maybeOne, one, sql } from '../platform/db.ts'
import {
  type AppEnv,
  type Deps,
  IdParam,
  Instant,
  InstantOut,
  invalidInput,
  iso,
  json,
  PAGE_DEPTH_MAX,
  Paged,
  PageQuery,
  pageOf,
  principalOf,
  requirePermission,
  router,
  TimeZone,
  wholeNumber,
} from '../platform/http.ts'
import { isUuid } from '../platform/ids.ts'
import { Problem, usual } from '../platform/problem.ts'
import { RenderedText } from '../templates/schema.ts'
import { dashboard } from './dashboard.ts'
import { campaignEvents } from './events.ts'
import { failureAdvice, SKIP_REASONS } from './failure-catalog.ts'
import {
  type ListedCampaign,
  listedCampaign,
  listRecipients,
  recipientItem,
  recipientOfContact,
  recipientsAfter,
  touches,
} from './recipients.ts'

const BASE = '/api/v1/WhatsappCampaign'
const Click = z.object({ index: z.int(), text: z.string(), at: InstantOut }).openapi('Click')
const Recipient = z
  .object({
    contactId: z.string(),
    name: z.string().nullable(),
    phone: z.string().nullable(),
    status: z.enum(SHOWN_STATUSES),
    kind: z.string().nullable(),
    reason: z.string().nullable(),
    errorCode: z.int().nullable(),
    errorTitle: z.string().nullable(),
    errorAdvice: z.string().nullable(),
    attempts: z.int(),
    wamid: z.string().nullable(),
    sentAt: InstantOut.nullable(),
    deliveredAt: InstantOut.nullable(),
    readAt: InstantOut.nullable(),
    failedAt: InstantOut.nullable(),
    clicked: z.array(Click),
    repliedAt: InstantOut.nullable(),
    cost: z.null(),
  })
  .openapi('Recipient')
/** A status in any letter case; anything else is refused. */
const StatusFilter = z
  .string()
  .transform((text, context): ShownStatus => {
    const found = SHOWN_STATUSES.find((status) => status.toLowerCase() === text.toLowerCase())
    if (found === undefined) context.addIssue({ code: 'custom', message: `is one of ${SHOWN_STATUSES.join(' ')}` })
    return found ?? 'Pending'
  })
  .openapi({ type: 'string', enum: [...SHOWN_STATUSES] })
const Filters = { searchTerm: z.string().max(200).optional(), statusFilter: StatusFilter.optional() }
const Button = z
  .object({ index: z.int(), type: z.string(), text: z.string(), clicks: z.int(), uniqueContacts: z.int(), rate: z.number().nullable() })
  .openapi('ButtonClicks')
const Presser = z
  .object({
    contactId: z.string(),
    name: z.string().nullable(),
    phone: z.string().nullable(),
    clicks: z.int(),
    firstAt: InstantOut,
    lastAt: InstantOut,
  })
  .openapi('ButtonPresser')
const Reason = z
  .object({ code: z.string(), title: z.string(), advice: z.string().nullable(), retryable: z.boolean(), count: z.int() })
  .openapi('FailureReason')
const Sums = z.object({
  campaigns: z.int(),
  audience: z.int(),
  sent: z.int(),
  delivered: z.int(),
  read: z.int(),
  failed: z.int(),
  clicked: z.int(),
  replied: z.int(),
  optedOut: z.int(),
  cost: z.null(),
})
const PeriodRates = z.object({
  delivery: z.number().nullable(),
  read: z.number().nullable(),
  click: z.number().nullable(),
  failure: z.number().nullable(),
})
const Top = { id: z.string(), name: z.string(), sent: z.int(), delivered: z.int(), read: z.int(), clicked: z.int() }
const Dashboard = z
  .object({
    totals: Sums,
    rates: PeriodRates,
    previous: z.object({ totals: Sums, rates: PeriodRates }),
    series: z.array(z.object({ date: z.string(), sent: z.int(), delivered: z.int(), read: z.int(), failed: z.int(), clicked: z.int() })),
    statusCounts: z.record(z.string(), z.int()),
    topCampaigns: z.array(z.object(Top)),
    topTemplates: z.array(z.object({ ...Top, language: z.string() })),
    failures: z.array(z.object({ code: z.int(), title: z.string(), count: z.int() })),
    upcoming: z.array(CampaignItem),
    running: z.array(CampaignItem),
    senders: z.array(
      z.object({ id: z.string(), phone: z.string(), quality: z.string(), limit: z.string(), usedLast24h: z.int(), ratePerSecond: z.int() }),
    ),
  })
  .openapi('Dashboard')
const Reply = z
  .object({
    id: z.string(),
    contactId: z.string(),
    name: z.string().nullable(),
    phone: z.string().nullable(),
    type: z.string(),
    text: z.string(),
    at: InstantOut,
  })
  .openapi('Reply')
const TimelineEntry = z.object({ at: InstantOut, kind: z.string(), detail: z.string() }).openapi('TimelineEntry')
const Minute = z
  .object({ at: InstantOut, sent: z.int(), delivered: z.int(), read: z.int(), failed: z.int(), clicked: z.int() })
  .openapi('TimelineMinute')
const Trail = Recipient.extend({ events: z.array(TimelineEntry), text: RenderedText.nullable() }).openapi('RecipientTrail')

const absent = () => new Problem('not-found', 'There is no such campaign.')
const share = (part: number, whole: number): number | null => (whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000)

/** Reports: read-only, and none of them counts rows of recipients or messages. */
export function analyticsRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool } = deps
  const routes = router()
  const found = async (workspaceId: string, id: string): Promise<ListedCampaign> => {
    const campaign = await listedCampaign(pool, workspaceId, id)
    if (campaign === undefined) throw absent()
    return campaign
  }

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/dashboard/main`,
      operationId: 'getDashboard',
      tags: ['Reports'],
      summary: 'Totals, rates, series and what runs, against the period before',
      ...requirePermission('WhatsappCampaign:View'),
      request: {
        query: z.strictObject({
          from: Instant.optional(),
          to: Instant.optional(),
          timeZone: TimeZone.optional(),
        }),
      },
      responses: { 200: json(Dashboard), ...usual() },
    }),
    async (c) => {
      const principal = principalOf(c)
      const query = c.req.valid('query')
      const to = query.to ?? deps.now()
      const from = query.from ?? new Date(to.getTime() - 30 * 86_400_000)
      if (from >= to || to.getTime() - from.getTime() > 800 * 86_400_000)
        throw invalidInput([{ pointer: '?from', detail: 'must lie before to, by at most 800 days' }])
      const zone =
        query.timeZone ??
        (await one<{ time_zone: string }>(pool, sql`SELECT time_zone FROM workspace WHERE id = ${principal.workspaceId}`)).time_zone
      const may = (permission: string) => (principal.permissions as ReadonlySet<string>).has(permission)
      return c.json(await dashboard(pool, principal.workspaceId, from, to, zone, may, deps.now()), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/contacts`,
      operationId: 'listRecipients',
      tags: ['Reports'],
      summary: 'The delivery list: everybody in the audience and what became of their message',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam, query: z.strictObject({ ...PageQuery, ...Filters }) },
      responses: { 200: json(Paged(Recipient, 'Recipients')), ...usual(404) },
    }),
    async (c) => {
      const campaign = await found(principalOf(c).workspaceId, c.req.valid('param').id)
      const { page, pageSize, searchTerm, statusFilter } = c.req.valid('query')
      const isFiltered = statusFilter !== undefined || (searchTerm ?? '').trim() !== ''
      if (isFiltered && (page - 1) * pageSize >= PAGE_DEPTH_MAX)
        throw new Problem('page-too-deep', `Filtered pages go to ${PAGE_DEPTH_MAX} rows; GET ${BASE}/{id}/export has them all.`)
      const { rows, total, isExact } = await listRecipients(pool, campaign, { page, pageSize, searchTerm, status: statusFilter })
      const touched = await touches(
        pool,
        campaign,
        rows.map(({ seq }) => seq),
      )
      return c.json(
        pageOf(
          rows.map((row) => recipientItem(row, campaign, touched)),
          { pageNumber: page, pageSize },
          total,
          isExact,
        ),
        200,
      )
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/contacts/{contactId}`,
      operationId: 'getRecipient',
      tags: ['Reports'],
      summary: 'One recipient’s whole trail, and the message as it was rendered for them',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam.extend({ contactId: z.string().refine(isUuid) }) },
      responses: { 200: json(Trail), ...usual(404) },
    }),
    async (c) => {
      const { id, contactId } = c.req.valid('param')
      const campaign = await found(principalOf(c).workspaceId, id)
      const row = await recipientOfContact(pool, campaign, contactId)
      if (row === undefined) throw new Problem('not-found', 'This contact is not in the audience.')
      const item = recipientItem(row, campaign, await touches(pool, campaign, [row.seq]))
      const at = sql`workspace_id = ${campaign.workspace_id} AND campaign_id = ${campaign.id} AND seq = ${row.seq}`
      const events = await many<{ at: Date; kind: string; detail: string }>(
        pool,
        sql`SELECT at, kind, detail FROM (
              SELECT at, kind, concat_ws(' ', CASE WHEN attempt IS NOT NULL THEN 'attempt ' || attempt || ':' END, nullif(detail, ''), CASE WHEN code IS NOT NULL THEN '(' || code || ')' END) AS detail
                FROM message_event WHERE ${at}
              UNION ALL SELECT intended_at, 'intended', '' FROM message WHERE ${at}
              UNION ALL SELECT accepted_at, 'accepted', coalesce(wamid, '') FROM message WHERE ${at}
              UNION ALL SELECT sent_at, 'sent', '' FROM message WHERE ${at}
              UNION ALL SELECT delivered_at, 'delivered', '' FROM message WHERE ${at}
              UNION ALL SELECT read_at, 'read', '' FROM message WHERE ${at}
              UNION ALL SELECT failed_at, 'failed', coalesce(error_title, '') FROM message WHERE ${at}
              UNION ALL SELECT settled_at, 'skipped', coalesce(skip_reason, '') FROM message WHERE ${at} AND state = 3
              UNION ALL SELECT at, 'clicked', text FROM button_click WHERE ${at}
              UNION ALL SELECT at, 'replied', left(text, 500) FROM reply WHERE ${at}) AS everything
             WHERE at IS NOT NULL ORDER BY at, kind`,
      )
      const { fields } = await one<{ fields: (string | null)[] }>(pool, sql`SELECT fields FROM recipient WHERE ${at}`)
      const message = await compiledMessageOf(deps, campaign.workspace_id, campaign.id)
      const addresses = addressesOf(deps)
      const rendered = message.render(fields, {
        quickReplyPayload: (button) => addresses.quickReply(campaign.id, row.seq, 1, button),
        linkToken: (button) => addresses.linkToken(campaign.id, row.seq, button),
      })
      const text = rendered.ok ? { ...rendered.text, buttons: rendered.text.buttons.map((button) => ({ ...button })) } : null
      return c.json({ ...item, events: events.map((event) => ({ ...event, at: iso(event.at) })), text }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/button-clicks`,
      operationId: 'getButtonClicks',
      tags: ['Reports'],
      summary: 'Clicks by button and over time; with `button`, who pressed it',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam, query: z.strictObject({ ...PageQuery, button: wholeNumber(0, 9).optional() }) },
      responses: {
        200: json(
          z
            .object({
              totalClicks: z.int(),
              uniqueContacts: z.int(),
              buttons: z.array(Button),
              series: z.array(z.object({ at: InstantOut, clicks: z.int() })),
              contacts: Paged(Presser, 'ButtonPressers').optional(),
            })
            .openapi('ButtonClickReport'),
        ),
        ...usual(404),
      },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { id } = c.req.valid('param')
      const { page, pageSize, button } = c.req.valid('query')
      const row = await campaignById(pool, workspaceId, id)
      if (row === undefined) throw absent()
      const at = sql`workspace_id = ${workspaceId} AND campaign_id = ${id}`
      const declared = await maybeOne<{ buttons: { type: string; text?: string }[] | null }>(
        pool,
        sql`SELECT component->'buttons' AS buttons
              FROM campaign c JOIN template t ON t.workspace_id = c.workspace_id AND t.id = c.template_id,
                   jsonb_array_elements(coalesce(c.frozen_template->'components', t.components)) AS component
             WHERE c.workspace_id = ${workspaceId} AND c.id = ${id} AND upper(component->>'type') = 'BUTTONS'`,
      )
      const counted = await many<{ button_index: number; clicks: number; unique_contacts: number }>(
        pool,
        sql`SELECT button_index, clicks, unique_contacts FROM button_counter WHERE ${at}`,
      )
      const delivered = row.delivered + row.read
      const buttons = (declared?.buttons ?? []).map((known, index) => {
        const count = counted.find(({ button_index }) => button_index === index)
        const uniqueContacts = count?.unique_contacts ?? 0
        return {
          index,
          type: known.type,
          text: known.text ?? '',
          clicks: count?.clicks ?? 0,
          uniqueContacts,
          rate: share(uniqueContacts, delivered),
        }
      })
      const series = await many<{ at: Date; clicks: number }>(
        pool,
        sql`SELECT minute AS at, clicked AS clicks FROM campaign_minute WHERE ${at} AND clicked > 0 ORDER BY minute`,
      )
      const { unique } = await one<{ unique: number }>(pool, sql`SELECT count(DISTINCT seq) AS unique FROM button_presser WHERE ${at}`)
      const report = {
        totalClicks: buttons.reduce((sum, { clicks }) => sum + clicks, 0),
        uniqueContacts: unique,
        buttons,
        series: series.map((point) => ({ at: iso(point.at), clicks: point.clicks })),
      }
      if (button === undefined) return c.json(report, 200)
      const pressers = await many<{
        contact_id: string
        name: string | null
        phone: string | null
        clicks: number
        first_at: Date
        last_at: Date
      }>(
        pool,
        sql`SELECT r.contact_id, nullif(concat_ws(' ', k.first_name, k.last_name), '') AS name, coalesce(k.phone_e164, k.user_id) AS phone,
                   p.clicks, p.first_at, p.last_at
              FROM button_presser p JOIN recipient r ON r.workspace_id = p.workspace_id AND r.campaign_id = p.campaign_id AND r.seq = p.seq
              LEFT JOIN contact k ON k.workspace_id = r.workspace_id AND k.id = r.contact_id
             WHERE p.workspace_id = ${workspaceId} AND p.campaign_id = ${id} AND p.button_index = ${button}
             ORDER BY p.first_at, p.seq LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`,
      )
      const items = pressers.map((one) => ({
        contactId: one.contact_id,
        name: one.name,
        phone: one.phone,
        clicks: one.clicks,
        firstAt: iso(one.first_at),
        lastAt: iso(one.last_at),
      }))
      return c.json({ ...report, contacts: pageOf(items, { pageNumber: page, pageSize }, buttons[button]?.uniqueContacts ?? 0) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/failures`,
      operationId: 'getFailures',
      tags: ['Reports'],
      summary: 'Why people were not reached, in plain words with what to do',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam },
      responses: {
        200: json(z.object({ failures: z.array(Reason), metaLimits: z.array(Reason), skipped: z.array(Reason) }).openapi('Failures')),
        ...usual(404),
      },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const campaign = await found(workspaceId, c.req.valid('param').id)
      const rows = await many<{ kind: string; code: string; count: number }>(
        pool,
        sql`SELECT CASE kind WHEN 'skipped' THEN kind ELSE 'failed' END AS kind, code, sum(count) AS count FROM campaign_failure
             WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaign.id} GROUP BY 1, 2 HAVING sum(count) > 0 ORDER BY 3 DESC, 2`,
      )
      const failed = rows
        .filter(({ kind }) => kind === 'failed')
        .map(({ code, count }) => ({ code, count, ...failureAdvice(Number(code)) }))
      const reason = ({ code, title, advice, retryable, count }: (typeof failed)[number]) => ({ code, title, advice, retryable, count })
      const skipped = rows.filter(({ kind }) => kind === 'skipped')
      return c.json(
        {
          failures: failed.filter(({ isMetaLimit }) => !isMetaLimit).map(reason),
          metaLimits: failed.filter(({ isMetaLimit }) => isMetaLimit).map(reason),
          skipped: skipped.map(({ code, count }) => ({ code, title: SKIP_REASONS[code] ?? code, advice: null, retryable: false, count })),
        },
        200,
      )
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/replies`,
      operationId: 'listReplies',
      tags: ['Reports'],
      summary: 'What people wrote back, newest first',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam, query: z.strictObject(PageQuery) },
      responses: { 200: json(Paged(Reply, 'Replies')), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const campaign = await found(workspaceId, c.req.valid('param').id)
      const { page, pageSize } = c.req.valid('query')
      const { n } = await one<{ n: number }>(
        pool,
        sql`SELECT count(*) AS n FROM reply WHERE workspace_id = ${workspaceId} AND campaign_id = ${campaign.id}`,
      )
      const rows = await many<{
        id: string
        contactId: string
        name: string | null
        phone: string | null
        type: string
        text: string
        at: Date
      }>(
        pool,
        sql`SELECT r.id, r.contact_id AS "contactId", nullif(concat_ws(' ', k.first_name, k.last_name), '') AS name, coalesce(k.phone_e164, k.user_id) AS phone,
                   r.type, r.text, r.at
              FROM reply r LEFT JOIN contact k ON k.workspace_id = r.workspace_id AND k.id = r.contact_id
             WHERE r.workspace_id = ${workspaceId} AND r.campaign_id = ${campaign.id} ORDER BY r.at DESC, r.id LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`,
      )
      return c.json(
        pageOf(
          rows.map((row) => ({ ...row, at: iso(row.at) })),
          { pageNumber: page, pageSize },
          n,
        ),
        200,
      )
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/timeline`,
      operationId: 'getTimeline',
      tags: ['Reports'],
      summary: 'Progress by the minute, and what people did with the campaign',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam },
      responses: { 200: json(z.object({ events: z.array(TimelineEntry), minutes: z.array(Minute) }).openapi('Timeline')), ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const { id } = await found(workspaceId, c.req.valid('param').id)
      const minutes = await many<{ at: Date; sent: number; delivered: number; read: number; failed: number; clicked: number }>(
        pool,
        sql`SELECT minute AS at, sent, delivered, read, greatest(failed, 0) AS failed, clicked FROM campaign_minute
             WHERE workspace_id = ${workspaceId} AND campaign_id = ${id} ORDER BY minute LIMIT 20000`,
      )
      const events = await many<{ at: Date; kind: string; detail: string }>(
        pool,
        sql`SELECT at, kind, detail FROM (
              SELECT at, action AS kind, actor_name AS detail FROM audit_entry
               WHERE workspace_id = ${workspaceId} AND object_type = 'WhatsappCampaign' AND object_id = ${id}
              UNION ALL SELECT unnest(ARRAY[started_at, frozen_at, completed_at]),
                               unnest(ARRAY['started', 'frozen', lower(status)]), unnest(ARRAY['', audience || ' people', coalesce(failure_reason->>'detail', '')])
                FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${id}
              UNION ALL SELECT since, 'held', reason || ': ' || detail FROM hold WHERE workspace_id = ${workspaceId} AND scope = 'campaign' AND scope_id = ${id}) AS everything
             WHERE at IS NOT NULL ORDER BY at LIMIT 1000`,
      )
      return c.json(
        {
          events: events.map((event) => ({ ...event, at: iso(event.at) })),
          minutes: minutes.map((minute) => ({ ...minute, at: iso(minute.at) })),
        },
        200,
      )
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/export`,
      operationId: 'exportRecipients',
      tags: ['Reports'],
      summary: 'The delivery list as CSV, streamed, with the same filters',
      ...requirePermission('WhatsappCampaign:View', 'Contact:Export'),
      request: { params: IdParam, query: z.strictObject(Filters) },
      responses: { 200: { description: 'CSV', content: { 'text/csv': { schema: z.string() } } }, ...usual(404) },
    }),
    async (c) => {
      const principal = principalOf(c)
      const campaign = await found(principal.workspaceId, c.req.valid('param').id)
      const { searchTerm, statusFilter } = c.req.valid('query')
      await audit(pool, principal, { action: 'campaign.export', objectType: 'WhatsappCampaign', objectId: campaign.id })
      const header = [
        'phone',
        'name',
        'status',
        'kind',
        'reason',
        'errorCode',
        'errorTitle',
        'attempts',
        'wamid',
        'sentAt',
        'deliveredAt',
        'readAt',
        'failedAt',
        'clicked',
        'repliedAt',
        'contactId',
      ]
      let after = 0
      const stream = csvStream(csvLine(header), async () => {
        const rows = await recipientsAfter(pool, campaign, after, 1_000, { searchTerm, status: statusFilter })
        const last = rows.at(-1)
        if (last === undefined) return undefined
        after = last.seq
        const touched = await touches(
          pool,
          campaign,
          rows.map(({ seq }) => seq),
        )
        return rows
          .map((row) => recipientItem(row, campaign, touched))
          .map((item) =>
            csvLine([
              item.phone?.replace(/^\+/, '') ?? '',
              guardCell(item.name ?? ''),
              item.status,
              item.kind ?? '',
              item.reason ?? '',
              String(item.errorCode ?? ''),
              guardCell(item.errorTitle ?? ''),
              String(item.attempts),
              item.wamid ?? '',
              item.sentAt ?? '',
              item.deliveredAt ?? '',
              item.readAt ?? '',
              item.failedAt ?? '',
              item.clicked.map(({ index }) => index).join(';'),
              item.repliedAt ?? '',
              item.contactId,
            ]),
          )
          .join('')
      })
      return c.body(stream, 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename="campaign-${campaign.id}.csv"`,
      }) as never
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: `${BASE}/{id}/events`,
      operationId: 'watchCampaign',
      tags: ['Reports'],
      summary: 'Server-sent events with counts, funnel and progress, at most two a second',
      ...requirePermission('WhatsappCampaign:View'),
      request: { params: IdParam },
      responses: { 200: { description: 'Event stream', content: { 'text/event-stream': { schema: z.string() } } }, ...usual(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const campaign = await found(workspaceId, c.req.valid('param').id)
      const lastId = Number(c.req.header('last-event-id') ?? 0)
      const stream = campaignEvents(pool, workspaceId, campaign.id, Number.isSafeInteger(lastId) && lastId > 0 ? lastId : 0)
      return c.body(stream, 200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }) as never
    },
  )
  return routes
}
