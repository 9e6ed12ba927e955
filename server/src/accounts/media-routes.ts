import { createHash } from 'node:crypto'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { metaCall } from '../meta/refusal.ts'
import { audit } from '../platform/audit.ts'
import { maybeOne, run, sql } from '../platform/db.ts'
import { type AppEnv, type Deps, InstantOut, invalidInput, json, principalOf, requirePermission, router } from '../platform/http.ts'
import { writeSlow } from '../platform/idempotency.ts'
import { isUuid, newId } from '../platform/ids.ts'
import { readMultipart } from '../platform/multipart.ts'
import { Problem, usual } from '../platform/problem.ts'
import { keepContent, MEDIA_DAYS } from './media.ts'
import { MB, mediaLimit } from './media-limits.ts'
import { clientOf, openAccount } from './queries.ts'

const Media = z
  .object({
    id: z.string(),
    mediaId: z.string(),
    mimeType: z.string(),
    fileName: z.string().nullable(),
    fileSize: z.int(),
    expiresAt: InstantOut,
    isKept: z.boolean().openapi({ description: 'It is uploaded again by itself before it expires, while campaigns use it' }),
  })
  .openapi('Media')

/** Header media: uploaded to Meta, used by id. Meta keeps it for 30 days, we keep the bytes to upload it again (media.ts). */
export function mediaRoutes(): OpenAPIHono<AppEnv> {
  const routes = router()
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/Media',
      operationId: 'uploadMedia',
      tags: ['Campaigns'],
      summary: 'Upload header media to Meta; use the answered mediaId as headerMedia',
      ...requirePermission('WhatsappCampaign:Create'),
      request: {
        body: {
          required: true,
          content: {
            'multipart/form-data': {
              schema: {
                type: 'object',
                required: ['file'],
                properties: {
                  file: { type: 'string', format: 'binary' },
                  senderId: { type: 'string', description: 'Default: the default number' },
                },
              },
            },
          },
        },
      },
      responses: { 201: json(Media), ...usual(400, 413, 415) },
    }),
    upload as never,
  )
  return routes
}

async function upload(c: Context<AppEnv>): Promise<Response> {
  const deps: Deps = c.get('deps')
  const { workspaceId } = principalOf(c)
  const chunks: Buffer[] = []
  let file: { type: string; fileName: string } | undefined
  const fields = await readMultipart(
    { contentType: c.req.header('content-type'), body: c.req.raw.body, announced: Number(c.req.header('content-length') ?? 0) },
    {
      fileField: 'file',
      maxBytes: 100 * MB + 65_536,
      onFile: async ({ contentType, fileName, bytes }) => {
        file = { type: contentType.toLowerCase().split(';')[0]?.trim() ?? '', fileName: fileName.slice(0, 200) }
        const limit = limitOf(file.type)
        let size = 0
        for await (const chunk of bytes) {
          size += chunk.length
          if (size > limit * MB) throw new Problem('too-large', `A file of type ${file.type} has ${limit} MB at most.`)
          chunks.push(chunk)
        }
      },
    },
  )
  if (file === undefined) throw invalidInput([{ pointer: '/file', detail: 'The form has no file.' }])
  const { type, fileName } = file
  const senderId = fields.get('senderId')?.at(-1)
  if (senderId !== undefined && !isUuid(senderId)) throw invalidInput([{ pointer: '/senderId', detail: 'is not an id' }])
  const content = Buffer.concat(chunks)
  const sha256 = createHash('sha256').update(content).digest()
  const made = await writeSlow(
    c,
    201,
    async (principal) => {
      const number = await maybeOne<{ id: string; account_id: string; phone_number_id: string }>(
        deps.pool,
        sql`SELECT id, account_id, phone_number_id FROM phone_number WHERE workspace_id = ${workspaceId} AND removed_at IS NULL
               AND (id = ${senderId ?? null}::uuid OR (${senderId === undefined} AND is_default)) ORDER BY created_at LIMIT 1`,
      )
      if (number === undefined)
        throw new Problem('sender-missing', senderId === undefined ? 'Connect an account first.' : 'There is no such phone number.', {
          errors: [{ pointer: '/senderId', detail: senderId === undefined ? 'has no default yet.' : 'is no phone number here.' }],
        })
      const account = await openAccount(deps, workspaceId, number.account_id)
      const mediaId = await metaCall(() =>
        clientOf(deps, account).uploadMedia(number.phone_number_id, new Blob([content], { type }), fileName),
      )
      const id = newId()
      await run(
        deps.pool,
        sql`INSERT INTO media (workspace_id, id, phone_number_id, meta_media_id, mime_type, file_name, file_size, sha256)
            VALUES (${workspaceId}, ${id}, ${number.id}, ${mediaId}, ${type}, ${fileName}, ${content.length}, ${sha256})`,
      )
      const isKept = await keepContent(deps.pool, workspaceId, sha256, content)
      await audit(deps.pool, principal, { action: 'media.upload', objectType: 'Media', objectId: id, detail: { fileName, type } })
      const expiresAt = new Date(deps.now().getTime() + MEDIA_DAYS * 86_400_000).toISOString()
      return { id, mediaId, mimeType: type, fileName, fileSize: content.length, expiresAt, isKept }
    },
    undefined,
    sha256,
  )
  return c.json(made, 201)
}

function limitOf(type: string): number {
  const limit = mediaLimit(type)?.megabytes
  if (limit === undefined)
    throw invalidInput([
      { pointer: '/file', detail: `The type ${type || '(none)'} cannot be a header; use JPEG, PNG, MP4, 3GP, PDF or an office document.` },
    ])
  return limit
}
