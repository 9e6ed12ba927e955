import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { hoursOf } from '../campaigns/quiet-hours.ts'
import { isCountry } from '../contacts/identity.ts'
import { audit } from '../platform/audit.ts'
import { many, maybeOne, one, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOf,
  IdParam,
  InstantOut,
  iso,
  json,
  principalOf,
  QuietHours,
  requirePermission,
  router,
  TimeZone,
} from '../platform/http.ts'
import { write } from '../platform/idempotency.ts'
import { newId } from '../platform/ids.ts'
import { Problem, problems, usualBody } from '../platform/problem.ts'
import { moveTo } from '../platform/wall.ts'

const FrequencyCap = z
  .strictObject({ messages: z.int().min(1).max(1_000), days: z.int().min(1).max(90) })
  .openapi('FrequencyCap', { description: 'At most so many marketing messages to one person in so many days, over all campaigns' })
const Workspace = z
  .object({
    id: z.string(),
    name: z.string(),
    timeZone: z.string(),
    defaultCountry: z.string().nullable(),
    requireMarketingOptIn: z.boolean(),
    utilityThroughOptOut: z.boolean(),
    approvalRequired: z.boolean(),
    frequencyCap: FrequencyCap.nullable(),
    quietHours: QuietHours.nullable(),
    createdAt: InstantOut,
    updatedAt: InstantOut,
  })
  .openapi('Workspace')
const WorkspaceInput = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    timeZone: TimeZone.default('UTC'),
    defaultCountry: z.string().refine(isCountry, 'is not an ISO 3166 alpha-2 code').nullable().default(null),
    requireMarketingOptIn: z.boolean().default(false),
    utilityThroughOptOut: z.boolean().default(false),
    approvalRequired: z.boolean().default(false),
    frequencyCap: FrequencyCap.nullable().default(null),
    quietHours: QuietHours.nullable().default(null),
  })
  .openapi('WorkspaceInput')

interface WorkspaceRow {
  id: string
  name: string
  time_zone: string
  default_country: string | null
  require_marketing_opt_in: boolean
  utility_through_opt_out: boolean
  approval_required: boolean
  cap_messages: number | null
  cap_days: number | null
  quiet_from: string | null
  quiet_to: string | null
  created_at: Date
  updated_at: Date
}
const workspaceOf = (row: WorkspaceRow): z.infer<typeof Workspace> => ({
  id: row.id,
  name: row.name,
  timeZone: row.time_zone,
  defaultCountry: row.default_country,
  requireMarketingOptIn: row.require_marketing_opt_in,
  utilityThroughOptOut: row.utility_through_opt_out,
  approvalRequired: row.approval_required,
  frequencyCap: row.cap_messages === null || row.cap_days === null ? null : { messages: row.cap_messages, days: row.cap_days },
  quietHours: hoursOf(row.quiet_from, row.quiet_to),
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
})

/** The workspace: its settings, and new ones for people. */
export function workspaceRoutes({ pool, system }: Deps): OpenAPIHono<AppEnv> {
  const routes = router()

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Workspace',
      operationId: 'listWorkspaces',
      tags: ['Workspace'],
      summary: 'The workspaces this credential reaches',
      ...requirePermission('Workspace:View'),
      responses: { 200: json(z.object({ items: z.array(Workspace) }).openapi('Workspaces')), ...problems(401, 403, 429, 503) },
    }),
    async (c) => {
      const { workspaceId, actor } = principalOf(c)
      const rows = await many<WorkspaceRow>(
        system,
        actor.type === 'user'
          ? sql`SELECT w.* FROM workspace_member m JOIN workspace w ON w.id = m.workspace_id WHERE m.user_id = ${actor.id} ORDER BY w.created_at, w.id`
          : sql`SELECT * FROM workspace WHERE id = ${workspaceId}`,
      )
      return c.json({ items: rows.map(workspaceOf) }, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/Workspace/{id}',
      operationId: 'getWorkspace',
      tags: ['Workspace'],
      summary: 'One workspace',
      ...requirePermission('Workspace:View'),
      request: { params: IdParam },
      responses: { 200: json(Workspace), ...problems(401, 403, 404, 429, 503) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const row =
        id === principalOf(c).workspaceId ? await maybeOne<WorkspaceRow>(pool, sql`SELECT * FROM workspace WHERE id = ${id}`) : undefined
      if (row === undefined) throw new Problem('not-found', 'There is no such workspace.')
      c.header('ETag', etagOf(row.updated_at.getTime()))
      return c.json(workspaceOf(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/Workspace/{id}',
      operationId: 'updateWorkspace',
      tags: ['Workspace'],
      summary: 'Change the settings of a workspace',
      ...requirePermission('Workspace:Edit'),
      request: { params: IdParam, body: body(WorkspaceInput) },
      responses: { 200: json(Workspace), ...problems(400, 401, 403, 404, 412, 413, 415, 422, 429, 503) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      const row = await write(c, 200, async (tx, principal) => {
        const known =
          id === principal.workspaceId
            ? await maybeOne<WorkspaceRow>(tx, sql`SELECT * FROM workspace WHERE id = ${id} FOR UPDATE`)
            : undefined
        if (known === undefined) throw new Problem('not-found', 'There is no such workspace.')
        checkIfMatch(c, etagOf(known.updated_at.getTime()))
        await audit(tx, principal, { action: 'workspace.update', objectType: 'Workspace', objectId: id, detail: input })
        return one<WorkspaceRow>(
          tx,
          sql`UPDATE workspace
                 SET name = ${input.name}, time_zone = ${input.timeZone}, default_country = ${input.defaultCountry},
                     require_marketing_opt_in = ${input.requireMarketingOptIn}, utility_through_opt_out = ${input.utilityThroughOptOut},
                     approval_required = ${input.approvalRequired}, cap_messages = ${input.frequencyCap?.messages ?? null},
                     cap_days = ${input.frequencyCap?.days ?? null}, quiet_from = ${input.quietHours?.from ?? null},
                     quiet_to = ${input.quietHours?.to ?? null}, updated_at = now()
               WHERE id = ${id} RETURNING *`,
        )
      })
      c.header('ETag', etagOf(row.updated_at.getTime()))
      return c.json(workspaceOf(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Workspace',
      operationId: 'createWorkspace',
      tags: ['Workspace'],
      summary: 'Make another workspace and become its owner: for people, not for API keys',
      ...requirePermission('Workspace:Edit'),
      request: { body: body(WorkspaceInput) },
      responses: { 201: json(Workspace), ...usualBody() },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const made = await write(c, 201, async (tx, principal) => {
        const { actor } = principal
        if (actor.type !== 'user') throw new Problem('forbidden', 'An API key belongs to one workspace; a signed-in person makes new ones.')
        const workspaceId = newId()
        await moveTo(tx, workspaceId)
        const row = await one<WorkspaceRow>(
          tx,
          sql`INSERT INTO workspace (id, name, time_zone, default_country, require_marketing_opt_in, utility_through_opt_out, approval_required,
                                     cap_messages, cap_days, quiet_from, quiet_to)
              VALUES (${workspaceId}, ${input.name}, ${input.timeZone}, ${input.defaultCountry}, ${input.requireMarketingOptIn},
                      ${input.utilityThroughOptOut}, ${input.approvalRequired}, ${input.frequencyCap?.messages ?? null},
                      ${input.frequencyCap?.days ?? null}, ${input.quietHours?.from ?? null}, ${input.quietHours?.to ?? null}) RETURNING *`,
        )
        await run(
          tx,
          sql`INSERT INTO workspace_member (workspace_id, user_id, built_in_role) VALUES (${workspaceId}, ${actor.id}, 'Owner')`,
        )
        const entry = { action: 'workspace.create', objectType: 'Workspace', objectId: workspaceId, detail: { name: input.name } }
        await audit(tx, { ...principal, workspaceId }, entry)
        await moveTo(tx, principal.workspaceId)
        await audit(tx, principal, entry)
        return workspaceOf(row)
      })
      return c.json(made, 201)
    },
  )

  return routes
}
