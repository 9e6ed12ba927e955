import { createHash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type pg from 'pg'
import { isCountry } from '../contacts/identity.ts'
import { audit } from '../platform/audit.ts'
import { type Db, maybeOne, run, sql } from '../platform/db.ts'
import { type AppEnv, invalidInput, type Principal, principalOf } from '../platform/http.ts'
import { writeSlow } from '../platform/idempotency.ts'
import { newId } from '../platform/ids.ts'
import { readMultipart } from '../platform/multipart.ts'
import { Problem } from '../platform/problem.ts'
import { mapColumns, mappingProblems, remembered } from './mapping.ts'
import { wakeImports } from './runner.ts'
import { type Staged, stageRows } from './stage.ts'

const FILE_BYTES_MAX = 200 * 1_048_576

const Form = z.strictObject({
  mapping: z.record(z.string(), z.string()).default({}),
  defaultCountry: z.string().refine(isCountry, 'is not an ISO 3166 alpha-2 code').nullable().default(null),
  tags: z.array(z.string().trim().min(1).max(64)).max(50).default([]),
  onExisting: z.enum(['update', 'skip']).default('update'),
  dryRun: z.boolean().default(false),
})

/** The form's fields as values; a field that does not fit is named like one of a JSON body. */
function readForm(fields: ReadonlyMap<string, readonly string[]>): z.infer<typeof Form> {
  const raw: Record<string, unknown> = {}
  for (const [name, values] of fields) {
    const last = values.at(-1) ?? ''
    if (name === 'tags' || name === 'tags[]') raw.tags = values.filter((tag) => tag.trim() !== '')
    else if (name === 'dryRun') raw.dryRun = last === 'true' ? true : last === 'false' || last === '' ? false : last
    else if (name === 'mapping') raw.mapping = last === '' ? {} : parseJson(last)
    else if (last !== '') raw[name] = last
  }
  const parsed = Form.safeParse(raw)
  if (parsed.success) return parsed.data
  throw invalidInput(parsed.error.issues.map((issue) => ({ pointer: `/${issue.path.map(String).join('/')}`, detail: issue.message })))
}
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text // fails the check as "expected record"
  }
}

/** Where the same columns went in this workspace's latest import of them that was not taken back. */
const lastMapping = async (tx: Db, workspaceId: string, headers: readonly string[]): Promise<string[] | undefined> =>
  (
    await maybeOne<{ mapping: string[] }>(
      tx,
      sql`SELECT mapping FROM contact_import
           WHERE workspace_id = ${workspaceId} AND headers = ${headers}::text[] AND status = 'Completed' AND undone_at IS NULL AND options->>'dryRun' = 'false'
           ORDER BY created_at DESC, id DESC LIMIT 1`,
    )
  )?.mapping

/** Receives the file: streamed, so the form schema above documents it and does not read it. */
export async function receiveImport(c: Context<AppEnv>): Promise<Response> {
  const { pool } = c.get('deps')
  const principal = principalOf(c)
  const client = await pool.connect()
  let failed: Error | undefined
  try {
    const importId = newId()
    const hash = createHash('sha256')
    await client.query('BEGIN')
    const received = await receive(c, client, principal, importId, hash)
    const answer = await writeSlow(
      c,
      202,
      async () => {
        await received.store()
        await client.query('COMMIT')
        return { importId }
      },
      undefined,
      hash.digest(),
    )
    wakeImports()
    return c.json(answer, 202)
  } catch (error) {
    await client.query('ROLLBACK').catch((rollback: Error) => {
      failed = rollback
    })
    throw error
  } finally {
    client.release(failed)
  }
}

async function receive(
  c: Context<AppEnv>,
  client: pg.PoolClient,
  principal: Principal,
  importId: string,
  hash: ReturnType<typeof createHash>,
) {
  const { workspaceId } = principal
  let staged: (Staged & { readonly fileName: string }) | undefined
  const hashed = async function* (bytes: AsyncIterable<Buffer>) {
    for await (const chunk of bytes) {
      hash.update(chunk)
      yield chunk
    }
  }
  const fields = await readMultipart(
    { contentType: c.req.header('content-type'), body: c.req.raw.body, announced: Number(c.req.header('content-length') ?? 0) },
    {
      fileField: 'file',
      maxBytes: FILE_BYTES_MAX,
      onFile: async (file) => {
        staged = { ...(await stageRows(client, { workspaceId, importId }, hashed(file.bytes))), fileName: file.fileName.slice(0, 200) }
      },
    },
  )
  if (staged === undefined) throw invalidInput([{ pointer: '/file', detail: 'The form has no file.' }])
  const { headers, rows, dialect, fileName } = staged
  const form = readForm(fields)
  hash.update(JSON.stringify(form))
  const problems = mappingProblems(headers, form.mapping)
  if (problems.length > 0) throw invalidInput(problems)
  const columns = mapColumns(headers, remembered(form.mapping, headers, await lastMapping(client as Db, workspaceId, headers)))
  if (!columns.includes('phone'))
    throw new Problem(
      'phone-column-missing',
      `None of the columns ${headers
        .map((header) => `“${header}”`)
        .join(', ')
        .slice(0, 500)} looks like phone numbers; name it in mapping.`,
    )
  return {
    async store() {
      const tx = client as Db
      const workspace = await maybeOne<{ default_country: string | null }>(
        tx,
        sql`SELECT default_country FROM workspace WHERE id = ${workspaceId}`,
      )
      const options = {
        defaultCountry: form.defaultCountry ?? workspace?.default_country ?? null,
        tags: form.tags,
        onExisting: form.onExisting,
        dryRun: form.dryRun,
      }
      await run(
        tx,
        sql`INSERT INTO contact_import (workspace_id, id, status, file_name, headers, dialect, mapping, options, rows, created_by_name)
            VALUES (${workspaceId}, ${importId}, 'Queued', ${fileName}, ${headers}, ${JSON.stringify(dialect)}, ${JSON.stringify(columns)}, ${JSON.stringify(options)}, ${rows},
                    ${principal.actor.name})`,
      )
      await audit(tx, principal, { action: 'contact.import', objectType: 'ContactImport', objectId: importId, detail: { fileName, rows } })
    },
  }
}
