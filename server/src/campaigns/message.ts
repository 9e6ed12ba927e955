import { MEDIA_FRESH_MS, mediaIdsOf, withCurrentMedia } from '../accounts/media.ts'
import { trackedPrefixes } from '../platform/config.ts'
import { one, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import type { TemplateComponent } from '../templates/parameters.ts'
import type { CompiledMessage, HeaderMedia } from '../templates/render.ts'
import { compileVersions } from '../templates/versions.ts'

interface Frozen {
  readonly name: string
  readonly language: string
  readonly parameterFormat: string
  readonly components: TemplateComponent[]
}

const CACHE_MAX = 500
const caches = new WeakMap<object, Map<string, { readonly message: CompiledMessage; readonly until: number }>>()

/**
 * The message of a frozen campaign, from what was frozen: it never changes, so it is parsed once; only media by id is looked up again, because
 * an upload is renewed while a long campaign runs. Throws when it is not frozen.
 */
export async function compiledMessageOf(
  deps: Pick<Deps, 'pool' | 'config' | 'now'>,
  workspaceId: string,
  campaignId: string,
): Promise<CompiledMessage> {
  const cache = caches.get(deps.pool) ?? new Map<string, { readonly message: CompiledMessage; readonly until: number }>()
  caches.set(deps.pool, cache)
  const known = cache.get(campaignId)
  const now = deps.now().getTime()
  if (known !== undefined && now < known.until) return known.message
  const row = await one<{ versions: Frozen[]; number_id: string; variables: Record<string, string>; header_media: HeaderMedia | null }>(
    deps.pool,
    sql`SELECT variables, header_media, number_id,
               coalesce((SELECT jsonb_agg(v.frozen ORDER BY v.version_no) FROM campaign_version v WHERE v.workspace_id = c.workspace_id AND v.campaign_id = c.id),
                        jsonb_build_array(frozen_template)) AS versions
          FROM campaign c WHERE workspace_id = ${workspaceId} AND id = ${campaignId} AND frozen_at IS NOT NULL`,
  )
  const use = { variables: row.variables, headerMedia: row.header_media }
  const current = await withCurrentMedia(deps.pool, workspaceId, row.number_id, use)
  const compiled = compileVersions(
    row.versions.map((frozen) => ({
      ...frozen,
      ...current,
      trackedPrefixes: trackedPrefixes(deps.config),
    })),
  )
  if (!compiled.ok) throw new Error(`campaign ${campaignId} was frozen and does not compile: ${compiled.problems[0]?.detail}`)
  if (cache.size >= CACHE_MAX) cache.clear()
  const until = mediaIdsOf(use).length === 0 ? Number.POSITIVE_INFINITY : now + MEDIA_FRESH_MS
  cache.set(campaignId, { message: compiled.message, until })
  return compiled.message
}
