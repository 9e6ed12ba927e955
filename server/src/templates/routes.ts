import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { syncTemplatesOf } from '../accounts/actions.ts'
import { clientOf, openAccount } from '../accounts/queries.ts'
import { metaCall, SyncResult } from '../accounts/routes.ts'
import { contactFieldSql } from '../contacts/fields.ts'
import { audit } from '../platform/audit.ts'
import { trackedPrefixes } from '../platform/config.ts'
import { type Db, join, likeText, many, maybeOne, one, run, sql } from '../platform/db.ts'
import {
  type AppEnv,
  body,
  type Deps,
  IdParam,
  InstantOut,
  invalidInput,
  iso,
  json,
  PageBody,
  Paged,
  pageOf,
  principalOf,
  requirePermission,
  router,
} from '../platform/http.ts'
import { writeSlow } from '../platform/idempotency.ts'
import { isUuid } from '../platform/ids.ts'
import { Problem, usual, usualBody } from '../platform/problem.ts'
import { templateProblems } from './limits.ts'
import type { TemplateComponent, TemplateParameter } from './parameters.ts'
import { compileMessage, unsupportedReason } from './render.ts'
import { saveTemplates } from './sync.ts'

export const HeaderMediaInput = z
  .union([z.strictObject({ link: z.url({ protocol: /^https?$/ }).max(2_000) }), z.strictObject({ mediaId: z.string().min(1).max(100) })])
  .openapi('HeaderMedia')
export const Variables = z.record(z.string().max(200), z.string().max(5_000)).openapi('Variables')

const Template = z
  .object({
    id: z.string(),
    metaId: z.string().nullable(),
    accountId: z.string(),
    name: z.string(),
    language: z.string(),
    category: z.string(),
    status: z.string(),
    quality: z.string(),
    parameterFormat: z.string(),
    components: z.array(z.record(z.string(), z.unknown())),
    parameters: z.array(z.object({ key: z.string(), type: z.string(), example: z.string().nullable() })),
    rejectedReason: z.string().nullable(),
    notice: z.string().nullable(),
    unsupportedReason: z.string().nullable().openapi({ description: 'Why campaigns cannot send it, if they cannot.' }),
    updatedAt: InstantOut,
  })
  .openapi('WhatsappTemplate')
const Query = z
  .strictObject({
    ...PageBody,
    status: z.string().max(50).optional(),
    category: z.string().max(50).optional(),
    nameFilter: z.string().max(512).optional(),
    accountId: z.string().refine(isUuid, 'is not an id').optional(),
  })
  .openapi('WhatsappTemplateQuery')
const Component = z.looseObject({ type: z.string().max(50) })
const TemplateInput = z
  .strictObject({
    accountId: z.string().refine(isUuid, 'is not an id').optional(),
    name: z.string().max(512),
    language: z.string().max(20),
    category: z.enum(['MARKETING', 'UTILITY', 'AUTHENTICATION']),
    parameterFormat: z.enum(['POSITIONAL', 'NAMED']).default('POSITIONAL'),
    components: z.array(Component).min(1).max(20),
  })
  .openapi('WhatsappTemplateInput')
const TemplateChange = z
  .strictObject({ category: z.enum(['MARKETING', 'UTILITY', 'AUTHENTICATION']).optional(), components: z.array(Component).min(1).max(20) })
  .openapi('WhatsappTemplateChange')
const PreviewInput = z
  .strictObject({
    variables: Variables.default({}),
    headerMedia: HeaderMediaInput.nullable().default(null),
    contactId: z.string().refine(isUuid, 'is not an id').optional(),
  })
  .openapi('TemplatePreviewInput')
export const RenderedText = z
  .object({
    header: z.string().nullable(),
    body: z.string(),
    footer: z.string().nullable(),
    buttons: z.array(z.object({ type: z.string(), text: z.string(), url: z.string().nullable() })),
  })
  .openapi('RenderedText')
const Preview = z
  .object({ text: RenderedText.nullable(), reason: z.string().nullable(), template: z.record(z.string(), z.unknown()).nullable() })
  .openapi('TemplatePreview')

interface Row {
  id: string
  meta_id: string | null
  account_id: string
  name: string
  language: string
  category: string
  status: string
  quality: string
  parameter_format: string
  components: TemplateComponent[]
  parameters: TemplateParameter[]
  rejected_reason: string | null
  notice: string | null
  updated_at: Date
}
const templateOf = (row: Row): z.infer<typeof Template> => ({
  id: row.id,
  metaId: row.meta_id,
  accountId: row.account_id,
  name: row.name,
  language: row.language,
  category: row.category,
  status: row.status,
  quality: row.quality,
  parameterFormat: row.parameter_format,
  components: row.components.map((component) => ({ ...component })),
  parameters: row.parameters.map((parameter) => ({ ...parameter })),
  rejectedReason: row.rejected_reason,
  notice: row.notice,
  unsupportedReason: unsupportedReason(row.components) ?? null,
  updatedAt: iso(row.updated_at),
})
const absent = () => new Problem('not-found', 'There is no such template.')
const templateById = (db: Db, workspaceId: string, id: string) =>
  maybeOne<Row>(db, sql`SELECT * FROM template WHERE workspace_id = ${workspaceId} AND id = ${id} AND removed_at IS NULL`)

/** Templates: list, sync, create and submit, change, delete, preview. */
export function templateRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool, config } = deps
  const routes = router()
  const theAccount = async (workspaceId: string, accountId: string | undefined) => {
    const rows = await many<{ id: string }>(
      pool,
      sql`SELECT id FROM whatsapp_account WHERE workspace_id = ${workspaceId} AND removed_at IS NULL ORDER BY created_at LIMIT 2`,
    )
    if (accountId !== undefined) return openKnown(workspaceId, accountId)
    if (rows.length !== 1)
      throw invalidInput([{ pointer: '/accountId', detail: rows.length === 0 ? 'No account is connected yet.' : 'Say which account.' }])
    return openKnown(workspaceId, rows[0]?.id ?? '')
  }
  const openKnown = async (workspaceId: string, id: string) => {
    const known = await maybeOne(
      pool,
      sql`SELECT 1 FROM whatsapp_account WHERE workspace_id = ${workspaceId} AND id = ${id} AND removed_at IS NULL`,
    )
    if (known === undefined) throw invalidInput([{ pointer: '/accountId', detail: 'There is no such account.' }])
    return openAccount(deps, workspaceId, id)
  }

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/WhatsappTemplate/getall',
      operationId: 'listTemplates',
      tags: ['Templates'],
      summary: 'Templates of the workspace',
      ...requirePermission('WhatsappTemplate:View'),
      request: { body: body(Query) },
      responses: { 200: json(Paged(Template, 'WhatsappTemplates')), ...usualBody() },
    }),
    async (c) => {
      const query = c.req.valid('json')
      const conditions = join(
        [
          sql`workspace_id = ${principalOf(c).workspaceId} AND removed_at IS NULL`,
          ...(query.status === undefined ? [] : [sql`upper(status) = upper(${query.status})`]),
          ...(query.category === undefined ? [] : [sql`upper(category) = upper(${query.category})`]),
          ...(query.accountId === undefined ? [] : [sql`account_id = ${query.accountId}`]),
          ...(query.nameFilter === undefined ? [] : [sql`name ILIKE ${`%${likeText(query.nameFilter)}%`}`]),
        ],
        sql` AND `,
      )
      const { n } = await one<{ n: number }>(pool, sql`SELECT count(*) AS n FROM template WHERE ${conditions}`)
      const rows = await many<Row>(
        pool,
        sql`SELECT * FROM template WHERE ${conditions} ORDER BY name, language LIMIT ${query.pageSize} OFFSET ${(query.pageNumber - 1) * query.pageSize}`,
      )
      return c.json(pageOf(rows.map(templateOf), { pageNumber: query.pageNumber, pageSize: query.pageSize }, n), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/WhatsappTemplate/sync',
      operationId: 'syncTemplates',
      tags: ['Templates'],
      summary: 'Read all templates from Meta',
      ...requirePermission('WhatsappTemplate:Sync'),
      request: {
        body: body(z.strictObject({ accountId: z.string().refine(isUuid, 'is not an id').optional() }).openapi('TemplateSyncInput')),
      },
      responses: { 200: json(SyncResult), ...usualBody() },
    }),
    async (c) => {
      const { accountId } = c.req.valid('json')
      const counts = await writeSlow(c, 200, async (principal) => {
        const account = await theAccount(principal.workspaceId, accountId)
        const result = await metaCall(() => syncTemplatesOf(deps, account))
        await audit(pool, principal, {
          action: 'template.sync',
          objectType: 'WhatsappAccount',
          objectId: account.id,
          detail: { ...result },
        })
        return result
      })
      return c.json(counts, 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/WhatsappTemplate',
      operationId: 'createTemplate',
      tags: ['Templates'],
      summary: 'Create a template and submit it for review',
      ...requirePermission('WhatsappTemplate:Create'),
      request: { body: body(TemplateInput) },
      responses: { 201: json(Template), ...usualBody(409) },
    }),
    async (c) => {
      const input = c.req.valid('json')
      const problems = templateProblems(input)
      if (problems.length > 0) throw invalidInput(problems)
      const made = await writeSlow(c, 201, async (principal) => {
        const account = await theAccount(principal.workspaceId, input.accountId)
        const { name, language, category, components } = input
        const created = await metaCall(() =>
          clientOf(deps, account).createTemplate(account.wabaId, {
            name,
            language,
            category,
            parameter_format: input.parameterFormat,
            components,
          }),
        )
        await saveTemplates(pool, principal.workspaceId, account.id, [
          {
            id: created.id,
            name,
            language,
            category: created.category,
            status: created.status,
            parameter_format: input.parameterFormat,
            components,
          },
        ])
        await audit(pool, principal, {
          action: 'template.create',
          objectType: 'WhatsappTemplate',
          objectId: created.id,
          detail: { name, language },
        })
        const row = await one<Row>(
          pool,
          sql`SELECT * FROM template WHERE workspace_id = ${principal.workspaceId} AND account_id = ${account.id} AND meta_id = ${created.id}`,
        )
        return templateOf(row)
      })
      return c.json(made, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/WhatsappTemplate/{id}',
      operationId: 'getTemplate',
      tags: ['Templates'],
      summary: 'One template',
      ...requirePermission('WhatsappTemplate:View'),
      request: { params: IdParam },
      responses: { 200: json(Template), ...usual(404) },
    }),
    async (c) => {
      const row = await templateById(pool, principalOf(c).workspaceId, c.req.valid('param').id)
      if (row === undefined) throw absent()
      return c.json(templateOf(row), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/WhatsappTemplate/{id}',
      operationId: 'updateTemplate',
      tags: ['Templates'],
      summary: 'Replace a template’s components and submit it again',
      ...requirePermission('WhatsappTemplate:Edit'),
      request: { params: IdParam, body: body(TemplateChange) },
      responses: { 200: json(Template), ...usualBody(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      const changed = await writeSlow(c, 200, async (principal) => {
        const { workspaceId } = principal
        const row = await templateById(pool, workspaceId, id)
        if (row === undefined) throw absent()
        const problems = templateProblems({ ...input, name: row.name, language: row.language, category: input.category ?? row.category })
        if (problems.length > 0) throw invalidInput(problems)
        if (!['APPROVED', 'REJECTED', 'PAUSED'].includes(row.status))
          throw new Problem('conflict', `The template is ${row.status}; Meta edits only APPROVED, REJECTED or PAUSED ones.`)
        const account = await openAccount(deps, workspaceId, row.account_id)
        await metaCall(() =>
          clientOf(deps, account).editTemplate(row.meta_id ?? '', {
            components: input.components,
            ...(input.category ? { category: input.category } : {}),
          }),
        )
        const fresh = await metaCall(() => clientOf(deps, account).template(row.meta_id ?? ''))
        await saveTemplates(pool, workspaceId, account.id, [fresh])
        await audit(pool, principal, { action: 'template.update', objectType: 'WhatsappTemplate', objectId: id })
        return one<Row>(pool, sql`SELECT * FROM template WHERE workspace_id = ${workspaceId} AND id = ${id}`)
      })
      return c.json(templateOf(changed), 200)
    },
  )

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/v1/WhatsappTemplate/{id}',
      operationId: 'deleteTemplate',
      tags: ['Templates'],
      summary: 'Delete a template at Meta',
      ...requirePermission('WhatsappTemplate:Delete'),
      request: { params: IdParam },
      responses: { 204: { description: 'Deleted' }, ...usual(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await writeSlow(c, 204, async (principal) => {
        const { workspaceId } = principal
        const row = await templateById(pool, workspaceId, id)
        if (row === undefined) throw absent()
        const used = await maybeOne<{ name: string }>(
          pool,
          sql`SELECT name FROM campaign WHERE workspace_id = ${workspaceId} AND template_id = ${id} AND status IN ('Running', 'Scheduled') AND deleted_at IS NULL LIMIT 1`,
        )
        if (used !== undefined) throw new Problem('conflict', `The campaign “${used.name}” still uses the template.`)
        const account = await openAccount(deps, workspaceId, row.account_id)
        await metaCall(() => clientOf(deps, account).deleteTemplate(account.wabaId, row.meta_id ?? '', row.name))
        await run(pool, sql`UPDATE template SET removed_at = now(), status = 'DELETED' WHERE workspace_id = ${workspaceId} AND id = ${id}`)
        await audit(pool, principal, {
          action: 'template.delete',
          objectType: 'WhatsappTemplate',
          objectId: id,
          detail: { name: row.name },
        })
      })
      return c.body(null, 204)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/WhatsappTemplate/{id}/preview',
      operationId: 'previewTemplate',
      tags: ['Templates'],
      summary: 'The message as one contact, or the template’s examples, would see it',
      ...requirePermission('WhatsappTemplate:View'),
      request: { params: IdParam, body: body(PreviewInput) },
      responses: { 200: json(Preview), ...usualBody(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const input = c.req.valid('json')
      const row = await templateById(pool, workspaceId, c.req.valid('param').id)
      if (row === undefined) throw absent()
      const examples = Object.fromEntries(
        row.parameters.filter(({ type }) => type !== 'media').map(({ key, example }) => [key, example ?? 'example']),
      )
      const compiled = compileMessage({
        name: row.name,
        language: row.language,
        parameterFormat: row.parameter_format,
        components: row.components,
        variables: { ...(input.contactId === undefined ? examples : {}), ...input.variables },
        headerMedia: input.headerMedia,
        trackedPrefixes: trackedPrefixes(config),
      })
      if (!compiled.ok)
        throw invalidInput(
          compiled.problems.map(({ key, detail }) => ({ pointer: key === 'headerMedia' ? '/headerMedia' : `/variables/${key}`, detail })),
        )
      const fields = await contactFields(pool, workspaceId, input.contactId, compiled.message.fieldNames)
      const rendered = compiled.message.render(fields, { quickReplyPayload: () => 'preview', linkToken: () => 'preview' })
      const answer = rendered.ok
        ? {
            text: { ...rendered.text, buttons: rendered.text.buttons.map((button) => ({ ...button })) },
            reason: null,
            template: rendered.template,
          }
        : { text: null, reason: `${rendered.reason}: ${rendered.key}`, template: null }
      return c.json(answer, 200)
    },
  )
  return routes
}

async function contactFields(
  db: Db,
  workspaceId: string,
  contactId: string | undefined,
  names: readonly string[],
): Promise<(string | null)[]> {
  if (contactId === undefined) return names.map(() => null)
  const row = await maybeOne<{ fields: (string | null)[] }>(
    db,
    sql`SELECT ARRAY[${names.length === 0 ? sql`NULL` : join(names.map(contactFieldSql), sql`, `)}]::text[] AS fields FROM contact c
         WHERE c.workspace_id = ${workspaceId} AND c.id = ${contactId}`,
  )
  if (row === undefined) throw invalidInput([{ pointer: '/contactId', detail: 'There is no such contact.' }])
  return row.fields
}
