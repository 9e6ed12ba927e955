import { MEDIA_DAYS } from '../accounts/media.ts'
import { attemptLaunch, hasEligible, type LaunchInput, launchIn, nobodyEligible } from '../campaigns/launch.ts'
import { countAudience, type PreviewTiming } from '../campaigns/preview.ts'
import type { LaunchTemplate } from '../campaigns/queries.ts'
import { type CampaignStatus, nextStatus } from '../campaigns/status.ts'
import { type Hold, holdsOfCampaign } from '../dispatch/holds.ts'
import { look } from '../outgoing/look.ts'
import { type Db, many, one, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { Problem } from '../platform/problem.ts'
import { componentType, headerFormat, numberedButtons, parametersOf } from '../templates/parameters.ts'
import type { Facts } from './judge.ts'
import type { MediaFacts } from './message.ts'
import type { SenderFacts } from './sending.ts'

/** A campaign to be looked at: stored, or as it is being written. */
export interface Candidate extends LaunchInput, PreviewTiming {
  readonly unknownPolicy: string
  readonly canary: object | null
  /** Of a stored one. */
  readonly stored?: { readonly id: string; readonly status: CampaignStatus }
}

/** Reads all that is judged. Writes nothing; asks the addresses of its media once each. */
export async function preflightFacts(deps: Deps, db: Db, workspaceId: string, candidate: Candidate): Promise<Facts> {
  const attempt = await attemptLaunch(deps, db, workspaceId, candidate)
  const { template, compiled } = attempt
  const launch = launchIn(attempt)
  const refusals = [...notRunnable(candidate), ...attempt.refusals]
  if (attempt.audience !== undefined && !(await hasEligible(db, attempt.audience))) refusals.push(nobodyEligible())
  const { quality, notice } = await one<{ quality: string; notice: string | null }>(
    db,
    sql`SELECT quality, notice FROM template WHERE workspace_id = ${workspaceId} AND id = ${template.id}`,
  )
  const versions = compiled?.family?.versions ?? [template]
  const tracked = new Set(compiled?.message.trackedButtons ?? [])
  return {
    now: deps.now(),
    refusals,
    template: {
      name: template.name,
      language: template.language,
      category: template.category,
      isApproved: template.status === 'APPROVED' && template.removed_at === null,
      quality,
      notice,
    },
    parameters: compiled && [...new Set(versions.flatMap(({ components }) => parametersOf(components).map(({ key }) => key)))],
    languages: compiled?.family
      ? compiled.family.members.map((member) => ({ language: member.template.language, reason: member.reason }))
      : null,
    media: await mediaFacts(deps, db, workspaceId, template, candidate),
    links: numberedButtons(template.components).flatMap(({ number, key }) =>
      tracked.has(number) ? [{ key, source: candidate.variables[key] ?? '' }] : [],
    ),
    sender: attempt.numberId === undefined ? undefined : await senderFacts(db, workspaceId, attempt.numberId),
    holds: await holdsFor(db, workspaceId, candidate, versions, attempt.numberId),
    audience: launch && (await countAudience(deps, db, workspaceId, launch, candidate)),
    isEveryone: candidate.contactFilter.everyone === true,
    scheduledAt: candidate.scheduledAt,
    finishBy: candidate.finishBy,
    unknownPolicy: candidate.unknownPolicy,
    hasCanary: candidate.canary !== null,
    approval: await approvalOf(db, workspaceId, candidate.stored?.id),
  }
}

const notRunnable = ({ stored }: Candidate): Problem[] =>
  stored === undefined || nextStatus(stored.status, 'start') !== undefined
    ? []
    : [new Problem('campaign-not-runnable', `The campaign is ${stored.status}.`)]

const senderFacts = (db: Db, workspaceId: string, numberId: string) =>
  one<SenderFacts>(
    db,
    sql`SELECT n.display_phone_number AS phone, n.status, n.quality_rating AS quality, n.messaging_limit AS limit, a.name AS account,
               a.last_webhook_at AS "lastWebhookAt"
          FROM phone_number n JOIN whatsapp_account a ON a.workspace_id = n.workspace_id AND a.id = n.account_id
         WHERE n.workspace_id = ${workspaceId} AND n.id = ${numberId}`,
  )

/** The id of a campaign that is not stored: nothing holds it. */
const NO_CAMPAIGN = '00000000-0000-0000-0000-000000000000'

/** Of the campaign, its number, account and portfolio, and of every template it sends; each once. */
async function holdsFor(
  db: Db,
  workspaceId: string,
  { stored }: Candidate,
  [own, ...others]: readonly LaunchTemplate[],
  numberId: string | undefined,
): Promise<Hold[]> {
  if (own === undefined) return []
  const targets = { id: stored?.id ?? NO_CAMPAIGN, templateId: own.id, numberId: numberId ?? null, accountId: own.account_id }
  const found = await holdsOfCampaign(db, workspaceId, targets)
  for (const { id } of others)
    found.push(...(await holdsOfCampaign(db, workspaceId, { id: NO_CAMPAIGN, templateId: id, numberId: null, accountId: null })))
  return [...new Map(found.map((hold) => [`${hold.scope} ${hold.scopeId} ${hold.reason}`, hold])).values()]
}

/** Null: the workspace asks for none. */
async function approvalOf(db: Db, workspaceId: string, campaignId: string | undefined): Promise<Facts['approval']> {
  const { needed, given } = await one<{ needed: boolean; given: boolean }>(
    db,
    sql`SELECT w.approval_required AS needed,
               coalesce((SELECT c.approved_version = c.version FROM campaign c WHERE c.workspace_id = w.id AND c.id = ${campaignId ?? null}::uuid), false) AS given
          FROM workspace w WHERE w.id = ${workspaceId}`,
  )
  return needed ? { isGiven: given } : null
}

/** What the header and the cards of the template carry. */
async function mediaFacts(
  deps: Pick<Deps, 'config' | 'now'>,
  db: Db,
  workspaceId: string,
  { components }: LaunchTemplate,
  { headerMedia, variables }: LaunchInput,
): Promise<MediaFacts[]> {
  const format = headerFormat(components).toLowerCase()
  const header =
    headerMedia === null || !KINDS.includes(format)
      ? []
      : [{ place: 'headerMedia', kind: format, source: 'link' in headerMedia ? headerMedia.link : headerMedia.mediaId }]
  const cards = components
    .filter((component) => componentType(component) === 'CAROUSEL')
    .flatMap(({ cards = [] }) =>
      cards.map((card, n) => ({
        place: `card.${n}.header`,
        kind: headerFormat(card.components).toLowerCase(),
        source: (variables[`card.${n}.header`] ?? '').trim(),
      })),
    )
    .filter(({ kind, source }) => KINDS.includes(kind) && source !== '')
  const carried = [...header, ...cards]
  const isLink = (source: string) => /^https?:/i.test(source)
  const links = [...new Set(carried.map(({ source }) => source).filter(isLink))]
  const allowPrivate = deps.config.ALLOW_PRIVATE_WEBHOOKS
  const looked = new Map(await Promise.all(links.map(async (link) => [link, await look(link, { allowPrivate })] as const)))
  const uploads = await uploadsOf(
    db,
    workspaceId,
    carried.map(({ source }) => source).filter((source) => !isLink(source)),
  )
  return carried.map(({ place, kind, source }) => {
    const seen = looked.get(source)
    return {
      place,
      kind,
      from: seen === undefined ? { mediaId: source, upload: uploads.get(source) ?? null } : { link: source, looked: seen },
    }
  })
}
const KINDS = ['image', 'video', 'document']

async function uploadsOf(db: Db, workspaceId: string, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, never>()
  const rows = await many<{ id: string; type: string; size: number; expiresAt: Date; isKept: boolean }>(
    db,
    sql`SELECT DISTINCT ON (m.meta_media_id) m.meta_media_id AS id, m.mime_type AS type, m.file_size::float8 AS size,
               greatest(m.uploaded_at, (SELECT max(u.uploaded_at) FROM media_upload u WHERE u.workspace_id = m.workspace_id AND u.media_id = m.id))
                 + ${MEDIA_DAYS} * interval '1 day' AS "expiresAt",
               EXISTS (SELECT 1 FROM media_content k WHERE k.workspace_id = m.workspace_id AND k.sha256 = m.sha256) AS "isKept"
          FROM media m WHERE m.workspace_id = ${workspaceId} AND m.meta_media_id = ANY(${[...ids]}::text[])
         ORDER BY m.meta_media_id, m.uploaded_at DESC`,
  )
  return new Map(rows.map((row) => [row.id, row]))
}
