import { setHold } from '../dispatch/holds.ts'
import { type Db, many, maybeOne, one, run, type Sql, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { Problem } from '../platform/problem.ts'
import { inTransaction } from '../platform/transaction.ts'
import type { HeaderMedia } from '../templates/render.ts'
import { clientOf, openAccount } from './queries.ts'

/** Meta keeps an upload 30 days; it is uploaded again after 25 (reference §8). */
export const MEDIA_DAYS = 30
const RENEW_AFTER_DAYS = 25
/** Of bytes kept for that, in one workspace: five of the largest documents, hundreds of pictures. */
const KEPT_MAX = 512 * 1_048_576
/** A compiled message with media is read anew after this time: until then a process may still send the earlier id. */
export const MEDIA_FRESH_MS = 30_000
const EXPIRED = 131053
const RETRY_MS = 60_000
const BATCH = 20

/** What a message carries by id: its header's media, and that of its cards. */
export interface MediaUse {
  readonly headerMedia: HeaderMedia | null
  readonly variables: Readonly<Record<string, string>>
}
const CARD = /^card\.\d+\.header$/
const isCardId = ([key, value]: readonly [string, string]): boolean => CARD.test(key) && /^\d+$/.test(value.trim())

/** The ids of a message's media, as the campaign names them. */
export const mediaIdsOf = ({ headerMedia, variables }: MediaUse): string[] => [
  ...(headerMedia !== null && 'mediaId' in headerMedia ? [headerMedia.mediaId] : []),
  ...Object.entries(variables)
    .filter(isCardId)
    .map(([, value]) => value.trim()),
]

/** The same with the ids that Meta knows now, for a number; ids that were not uploaded here stay. @param numberId null: whichever is newest */
export async function withCurrentMedia<Use extends MediaUse>(db: Db, workspaceId: string, numberId: string | null, use: Use): Promise<Use> {
  const ids = mediaIdsOf(use)
  if (ids.length === 0) return use
  const rows = await many<{ given: string; current: string }>(
    db,
    sql`SELECT DISTINCT ON (m.meta_media_id) m.meta_media_id AS given, coalesce(u.meta_media_id, m.meta_media_id) AS current
          FROM media m LEFT JOIN media_upload u ON u.workspace_id = m.workspace_id AND u.media_id = m.id
                                               AND (${numberId}::uuid IS NULL OR u.phone_number_id = ${numberId}::uuid)
         WHERE m.workspace_id = ${workspaceId} AND m.meta_media_id = ANY(${ids}::text[]) ORDER BY m.meta_media_id, u.uploaded_at DESC NULLS LAST`,
  )
  const current = new Map(rows.map(({ given, current: now }) => [given, now]))
  const { headerMedia, variables } = use
  return {
    ...use,
    headerMedia:
      headerMedia !== null && 'mediaId' in headerMedia
        ? { ...headerMedia, mediaId: current.get(headerMedia.mediaId) ?? headerMedia.mediaId }
        : headerMedia,
    variables: Object.fromEntries(
      Object.entries(variables).map((entry) => (isCardId(entry) ? [entry[0], current.get(entry[1].trim()) ?? entry[1]] : entry)),
    ),
  }
}

/** Refuses media that has expired, or will within a day, and cannot be uploaded again. Throws `media-missing`. */
export async function checkMedia(db: Db, workspaceId: string, use: MediaUse): Promise<void> {
  const ids = mediaIdsOf(use)
  if (ids.length === 0) return
  const gone = await maybeOne<{ id: string }>(
    db,
    sql`SELECT m.meta_media_id AS id FROM media m
         WHERE m.workspace_id = ${workspaceId} AND m.meta_media_id = ANY(${ids}::text[])
           AND NOT EXISTS (SELECT 1 FROM media_content k WHERE k.workspace_id = m.workspace_id AND k.sha256 = m.sha256)
           AND greatest(m.uploaded_at, (SELECT max(u.uploaded_at) FROM media_upload u WHERE u.workspace_id = m.workspace_id AND u.media_id = m.id))
               < now() - ${MEDIA_DAYS - 1} * interval '1 day' LIMIT 1`,
  )
  if (gone === undefined) return
  const pointer =
    use.headerMedia !== null && 'mediaId' in use.headerMedia && use.headerMedia.mediaId === gone.id ? '/headerMedia' : '/variables'
  throw new Problem('media-missing', `The upload ${gone.id} has expired at Meta and is not kept here any more: upload it again.`, {
    errors: [{ pointer, detail: 'has expired; upload it again.' }],
  })
}

/** Campaign `c` names media `m`. */
const usesSql: Sql = sql`(m.meta_media_id = c.header_media->>'mediaId'
  OR m.meta_media_id IN (SELECT btrim(v.value) FROM jsonb_each_text(c.variables) AS v WHERE v.key ~ '^card[.][0-9]+[.]header$'))`

/**
 * Keeps the bytes of an upload, so that it can be made again. Makes room by forgetting the oldest that no campaign still to be sent uses.
 * @returns false when even then there is no room: the upload then lives for 30 days and no longer
 */
export async function keepContent(db: Db, workspaceId: string, sha256: Buffer, bytes: Buffer): Promise<boolean> {
  await run(
    db,
    sql`WITH used AS MATERIALIZED (
          SELECT DISTINCT m.sha256 FROM campaign c JOIN media m ON m.workspace_id = c.workspace_id AND ${usesSql}
           WHERE c.workspace_id = ${workspaceId} AND c.status IN ('Draft', 'Scheduled', 'Running') AND c.deleted_at IS NULL)
        DELETE FROM media_content k
         USING (SELECT x.sha256, x.is_used, sum(x.size) OVER (ORDER BY x.is_used DESC, x.kept_at DESC, x.sha256) AS total
                  FROM (SELECT sha256, size, kept_at, sha256 IN (SELECT sha256 FROM used) AS is_used FROM media_content
                         WHERE workspace_id = ${workspaceId}) AS x) AS ranked
         WHERE k.workspace_id = ${workspaceId} AND k.sha256 = ranked.sha256 AND NOT ranked.is_used AND ranked.total > ${KEPT_MAX - bytes.length}`,
  )
  const { total } = await one<{ total: number }>(
    db,
    sql`SELECT coalesce(sum(size), 0)::float8 AS total FROM media_content WHERE workspace_id = ${workspaceId} AND sha256 <> ${sha256}`,
  )
  if (total + bytes.length > KEPT_MAX) return false
  await run(
    db,
    sql`INSERT INTO media_content (workspace_id, sha256, size, bytes) VALUES (${workspaceId}, ${sha256}, ${bytes.length}, ${bytes})
        ON CONFLICT (workspace_id, sha256) DO UPDATE SET kept_at = now()`,
  )
  return true
}

interface Due {
  readonly workspaceId: string
  readonly campaignId: string
  readonly mediaId: string
  readonly numberId: string
  readonly accountId: string
  readonly phoneNumberId: string
  readonly type: string
  readonly fileName: string | null
  readonly sha256: Buffer
  /** Meta refused a message for its media: the campaign waits for this. */
  readonly isHeld: boolean
}

/** Campaign `c` runs, or starts within the hour, and has media in its header or its cards. */
const needsMediaSql: Sql = sql`c.deleted_at IS NULL AND (c.status = 'Running' OR (c.status = 'Scheduled' AND c.scheduled_at < now() + interval '1 hour'))
  AND (c.header_media ? 'mediaId' OR c.variables ? 'card.0.header')`

/** Mostly none does, and every second asks: planning the long statement below takes twenty milliseconds. */
const isMediaNeeded = async (db: Db): Promise<boolean> =>
  (await maybeOne(db, sql`SELECT 1 FROM campaign c WHERE ${needsMediaSql} LIMIT 1`)) !== undefined

/**
 * Media of campaigns that run, or start within the hour, whose upload is missing for their number, older than 25 days, or was refused by Meta
 * although it should still be there. A refusal is believed once an hour: media that Meta refuses again is no matter of age.
 */
const dueMedia = (db: Db): Promise<Due[]> =>
  many<Due>(
    db,
    sql`SELECT DISTINCT ON (m.workspace_id, m.id, n.id) m.workspace_id AS "workspaceId", c.id AS "campaignId", m.id AS "mediaId", n.id AS "numberId",
               n.account_id AS "accountId", n.phone_number_id AS "phoneNumberId", m.mime_type AS type, m.file_name AS "fileName", m.sha256,
               h.code IS NOT NULL AS "isHeld"
          FROM campaign c
          JOIN template t ON t.workspace_id = c.workspace_id AND t.id = c.template_id
          JOIN media m ON m.workspace_id = c.workspace_id AND ${usesSql}
          JOIN phone_number n ON n.workspace_id = c.workspace_id AND n.id = coalesce(c.number_id, c.sender_id, (
                 SELECT d.id FROM phone_number d WHERE d.workspace_id = c.workspace_id AND d.account_id = t.account_id AND d.is_default
                    AND d.removed_at IS NULL LIMIT 1))
          LEFT JOIN media_upload u ON u.workspace_id = m.workspace_id AND u.media_id = m.id AND u.phone_number_id = n.id
          LEFT JOIN hold h ON h.workspace_id = c.workspace_id AND h.scope = 'campaign' AND h.scope_id = c.id::text AND h.code = ${EXPIRED}
                          AND h.auto_resume_at IS NULL
          CROSS JOIN LATERAL (SELECT greatest(u.uploaded_at, CASE WHEN m.phone_number_id = n.id THEN m.uploaded_at END) AS at) AS last
         WHERE ${needsMediaSql}
           AND EXISTS (SELECT 1 FROM media_content k WHERE k.workspace_id = m.workspace_id AND k.sha256 = m.sha256)
           AND (last.at IS NULL OR last.at < now() - ${RENEW_AFTER_DAYS} * interval '1 day'
             OR (h.code IS NOT NULL AND last.at < now() - interval '1 hour'))
         ORDER BY m.workspace_id, m.id, n.id, h.code NULLS LAST LIMIT ${BATCH}`,
  )

const tried = new WeakMap<object, Map<string, number>>()

/** Uploads again what is due, before it expires. What Meta refuses is tried again in a minute; the campaign goes on with what there is. */
export async function renewMedia(deps: Deps): Promise<number> {
  const attempts = tried.get(deps.pool) ?? new Map<string, number>()
  tried.set(deps.pool, attempts)
  let renewed = 0
  if (!(await isMediaNeeded(deps.pool))) return 0
  for (const due of await dueMedia(deps.pool)) {
    const key = `${due.mediaId} ${due.numberId}`
    const now = deps.now().getTime()
    if (now - (attempts.get(key) ?? Number.NEGATIVE_INFINITY) < RETRY_MS) continue
    attempts.set(key, now)
    try {
      await renew(deps, due)
      attempts.delete(key)
      renewed++
    } catch (error) {
      deps.log.warn({ err: error, mediaId: due.mediaId }, 'media could not be uploaded again yet')
    }
  }
  return renewed
}

async function renew(deps: Deps, due: Due): Promise<void> {
  const { workspaceId, campaignId, mediaId, numberId } = due
  const { bytes } = await one<{ bytes: Buffer<ArrayBuffer> }>(
    deps.pool,
    sql`SELECT bytes FROM media_content WHERE workspace_id = ${workspaceId} AND sha256 = ${due.sha256}`,
  )
  const client = clientOf(deps, await openAccount(deps, workspaceId, due.accountId))
  const id = await client.uploadMedia(due.phoneNumberId, new Blob([bytes], { type: due.type }), due.fileName ?? 'media')
  await inTransaction(deps.pool, async (tx) => {
    await run(tx, sql`SELECT 1 FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${campaignId} FOR UPDATE`)
    await run(
      tx,
      sql`INSERT INTO media_upload (workspace_id, media_id, phone_number_id, meta_media_id) VALUES (${workspaceId}, ${mediaId}, ${numberId}, ${id})
          ON CONFLICT (workspace_id, media_id, phone_number_id) DO UPDATE SET meta_media_id = excluded.meta_media_id, uploaded_at = now()`,
    )
    if (due.isHeld)
      await setHold(tx, {
        workspaceId,
        scope: 'campaign',
        scopeId: campaignId,
        reason: 'circuit_breaker',
        detail: 'The media had expired at Meta and was uploaded again.',
        code: EXPIRED,
        autoResumeAt: new Date(deps.now().getTime() + 2 * MEDIA_FRESH_MS),
      })
  })
}
