import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { chooseAccount, syncTemplatesOf } from '../accounts/actions.ts'
import { metaCall } from '../meta/refusal.ts'
import { audit } from '../platform/audit.ts'
import {
  type AppEnv,
  body,
  checkIfMatch,
  type Deps,
  etagOfFields,
  IdParam,
  invalidInput,
  json,
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
import { previewTemplate } from './preview.ts'
import { listTemplates, templateById } from './queries.ts'
import {
  SyncResult,
  Template,
  TemplateChange,
  TemplateCheck,
  TemplateInput,
  TemplatePreview,
  TemplatePreviewInput,
  TemplateQuery,
  type TemplateRow,
  templateOf,
} from './schema.ts'
import { changeTemplate, createTemplate, deleteTemplate } from './submission.ts'

/** Templates: list, sync, check, create and submit, change, delete, preview. */
export function templateRoutes(deps: Deps): OpenAPIHono<AppEnv> {
  const { pool } = deps
  const routes = router()
  const etag = (row: TemplateRow) => etagOfFields(row.category, row.components)
  const found = async (workspaceId: string, id: string): Promise<TemplateRow> => {
    const row = await templateById(pool, workspaceId, id)
    if (row === undefined) throw new Problem('not-found', 'There is no such template.')
    return row
  }

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/WhatsappTemplate/getall',
      operationId: 'listTemplates',
      tags: ['Templates'],
      summary: 'Templates of the workspace',
      ...requirePermission('WhatsappTemplate:View'),
      request: { body: body(TemplateQuery) },
      responses: { 200: json(Paged(Template, 'WhatsappTemplates')), ...usualBody() },
    }),
    async (c) => {
      const query = c.req.valid('json')
      const { rows, total } = await listTemplates(pool, principalOf(c).workspaceId, query)
      return c.json(pageOf(rows.map(templateOf), { pageNumber: query.pageNumber, pageSize: query.pageSize }, total), 200)
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
        const account = await chooseAccount(deps, principal.workspaceId, accountId)
        const result = await metaCall(() => syncTemplatesOf(deps, account))
        const detail = { ...result }
        await audit(pool, principal, { action: 'template.sync', objectType: 'WhatsappAccount', objectId: account.id, detail })
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
      const made = await writeSlow(c, 201, async (principal) => templateOf(await createTemplate(deps, principal, input)))
      return c.json(made, 201)
    },
  )

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/WhatsappTemplate/check',
      operationId: 'checkTemplate',
      tags: ['Templates'],
      summary: 'What would be refused of a new template, every fault at once; nothing is stored or submitted',
      ...requirePermission('WhatsappTemplate:Create'),
      request: { body: body(TemplateInput) },
      responses: { 200: json(TemplateCheck), ...usualBody() },
    }),
    (c) => c.json({ problems: templateProblems(c.req.valid('json')) }, 200),
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
      const row = await found(principalOf(c).workspaceId, c.req.valid('param').id)
      c.header('ETag', etag(row))
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
      responses: { 200: json(Template), ...usualBody(404, 409, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const input = c.req.valid('json')
      const changed = await writeSlow(c, 200, (principal) =>
        changeTemplate(deps, principal, id, input, (known) => checkIfMatch(c, etag(known))),
      )
      c.header('ETag', etag(changed))
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
      responses: { 204: { description: 'Deleted' }, ...usual(404, 409, 412) },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await writeSlow(c, 204, (principal) => deleteTemplate(deps, principal, id, (known) => checkIfMatch(c, etag(known))))
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
      request: { params: IdParam, body: body(TemplatePreviewInput) },
      responses: { 200: json(TemplatePreview), ...usualBody(404) },
    }),
    async (c) => {
      const { workspaceId } = principalOf(c)
      const row = await found(workspaceId, c.req.valid('param').id)
      return c.json(await previewTemplate(deps, workspaceId, row, c.req.valid('json')), 200)
    },
  )
  return routes
}
