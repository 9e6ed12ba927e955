import { share } from '../campaigns/figures.ts'
import type { Db } from '../platform/db.ts'
import { iso, isoOrNull } from '../platform/http.ts'
import { certaintyOfBest } from './certainty.ts'
import { GROUPS, HOLD_OUT, REST } from './parts.ts'
import { campaignsOf, type ExperimentRow, type PartCampaign, templatesOf } from './queries.ts'
import type { Experiment } from './schema.ts'

/** How many of a variant's people did what decides. */
export const successesOf = ({ decide_by: by }: Pick<ExperimentRow, 'decide_by'>, part: PartCampaign): number =>
  by === 'read' ? part.read : part.clicked

/** Experiments with the results of their parts, by a fixed number of statements. */
export async function answersOf(db: Db, workspaceId: string, rows: readonly ExperimentRow[]): Promise<Experiment[]> {
  const ids = rows.map(({ id }) => id)
  const campaigns = await campaignsOf(db, workspaceId, ids)
  const templates = new Map(
    (
      await templatesOf(
        db,
        workspaceId,
        rows.flatMap(({ variants }) => variants.map(({ templateId }) => templateId)),
      )
    ).map((template) => [template.id, template]),
  )
  return rows.map((row) => {
    const mine = new Map(campaigns.filter(({ experimentId }) => experimentId === row.id).map((part) => [part.part, part]))
    const certainties = certaintiesOf(row, mine)
    const group = (part: number): Experiment['groups'][number] => {
      const found = mine.get(part)
      const templateId = row.variants[part === REST ? (row.winner ?? -1) : part]?.templateId
      return {
        group: GROUPS[part] ?? '',
        template: templateId === undefined ? null : (templates.get(templateId) ?? null),
        campaign: found === undefined ? null : { id: found.id, status: found.status },
        people: row.people[part] ?? 0,
        sent: found?.sent ?? 0,
        delivered: found?.delivered ?? 0,
        read: found?.read ?? 0,
        clicked: found?.clicked ?? 0,
        rate: found === undefined ? null : share(successesOf(row, found), found.delivered),
        certainty: certainties?.[part] === undefined ? null : Math.round(certainties[part] * 10_000) / 10_000,
      }
    }
    return {
      id: row.id,
      name: row.name,
      status: row.status,
      contactFilter: { ...row.contact_filter },
      variants: row.variants.map((variant) => ({ ...variant })),
      testShare: round(row.test_share),
      holdOutShare: round(row.hold_out_share),
      decide: { by: row.decide_by, afterMinutes: row.decide_minutes, certainty: row.certainty === null ? null : round(row.certainty) },
      groups: [...row.variants.map((_, part) => group(part)), group(REST), group(HOLD_OUT)],
      winner: row.winner === null ? null : (GROUPS[row.winner] ?? null),
      decision: row.decision,
      failure: row.failure,
      startedAt: isoOrNull(row.started_at),
      decideAt: isoOrNull(row.decide_at),
      decidedAt: isoOrNull(row.decided_at),
      createdBy: { id: row.created_by_id, name: row.created_by_name, type: row.created_by_type },
      createdAt: iso(row.created_at),
      updatedAt: iso(row.updated_at),
    }
  })
}

/** Stored as four bytes. */
const round = (value: number): number => Math.round(value * 1_000_000) / 1_000_000

/** Of the variants, in their order; undefined before any is sent. */
export function certaintiesOf(row: ExperimentRow, parts: ReadonlyMap<number, PartCampaign>): number[] | undefined {
  const seen = row.variants.map((_, part) => parts.get(part))
  if (seen.every((part) => part === undefined || part.delivered === 0)) return undefined
  return certaintyOfBest(
    seen.map((part) => (part === undefined ? { people: 0, successes: 0 } : { people: part.delivered, successes: successesOf(row, part) })),
  )
}
