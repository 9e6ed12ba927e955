import { limitedNumber, limitsOf, type RoomNow, roomNow } from '../dispatch/room.ts'
import type { Db } from '../platform/db.ts'
import { type Deps, isoOrNull, type Principal } from '../platform/http.ts'
import { campaignItem } from './figures.ts'
import { type Finish, finishOf, type SendingPlan } from './finish.ts'
import { countMatched } from './launch.ts'
import type { CampaignRow } from './queries.ts'
import { awakeZones, wakesAt } from './quiet-hours.ts'
import type { Campaign } from './schema.ts'
import { isEditable } from './status.ts'
import { putOffOf, remainingByZone } from './zones.ts'

export const mayOf = (principal: Principal) => (permission: string) => (principal.permissions as ReadonlySet<string>).has(permission)

/** A campaign as api.md §3.1 shows it to this caller; before its launch with the number of contacts its filter matches. */
export async function answerOf(deps: Pick<Deps, 'now'>, db: Db, principal: Principal, row: CampaignRow): Promise<Campaign> {
  const item = campaignItem(row, mayOf(principal), deps.now())
  const ahead = await aheadOf(db, row, item.counts.pending, deps.now())
  return {
    ...item,
    progress: item.progress && ahead?.finish && row.hold === null ? { ...item.progress, etaAt: ahead.finish.expectedAt } : item.progress,
    variables: row.variables,
    estimatedAudience: isEditable(row.status) ? await countMatched(db, principal.workspaceId, row.contact_filter) : null,
    quiet: ahead?.quiet ?? null,
    finish: ahead?.finish ?? null,
  }
}

export const finishItem = ({ at, late }: Finish): NonNullable<Campaign['finish']> => ({ expectedAt: isoOrNull(at), late })

/** What the 24-hour limit means for a plan. */
export const roomOf = (room: RoomNow | undefined, limits: ReturnType<typeof limitsOf>): SendingPlan['room'] =>
  room === undefined ? null : { ...room, perDay: Math.min(...limits.map(({ people }) => people)) }

/**
 * How far a running campaign with quiet hours or a wished end has to go: who sleeps, and when it ends. Reads its open slices, one row for 500
 * people, and the few put off one by one.
 */
async function aheadOf(db: Db, row: CampaignRow, pending: number, now: Date): Promise<Pick<Campaign, 'quiet' | 'finish'> | undefined> {
  const { frozen_quiet: quiet, finish_by: by } = row
  if (row.status !== 'Running' || row.frozen_at === null || row.number_id === null || (quiet === null && by === null)) return undefined
  const limits = limitsOf(await limitedNumber(db, row.workspace_id, row.number_id))
  const plan = {
    hours: quiet,
    perSecond: row.effective_rate ?? 1,
    room: roomOf(await roomNow(db, row.workspace_id, limits), limits),
  }
  if (quiet === null) return { quiet: null, finish: finishItem(finishOf({ ...plan, groups: [{ zones: [], people: pending }] }, now, by)) }
  const open = await remainingByZone(db, row.workspace_id, row.id)
  const putOff = await putOffOf(db, row.workspace_id, row.id, by)
  const zonesOf = (number: number | null) => (number === null ? [] : (quiet.zones[number] ?? []))
  const inSlices = open.reduce((sum, { people }) => sum + people, 0)
  const groups = [
    ...open.map(({ zone_from, people }) => ({ zones: zonesOf(zone_from), people })),
    { zones: [], people: Math.max(0, pending - inSlices - putOff.people) }, // on their way, or waiting for another attempt
  ]
  const finish = finishOf({ ...plan, groups }, now, by)
  const awake = new Set(awakeZones(quiet, now))
  const asleep = open
    .map((part) => ({ ...part, numbers: numbersOf(part) }))
    .filter(({ numbers }) => numbers.length > 0 && !numbers.some((n) => awake.has(n)))
  const mornings = asleep.flatMap(({ numbers }) => numbers.map((n) => wakesAt(zonesOf(n), quiet, now)))
  return {
    quiet: {
      from: quiet.from,
      to: quiet.to,
      waiting: asleep.reduce((sum, { people }) => sum + people, putOff.people),
      nextAt: isoOrNull([...mornings, ...(putOff.first ? [putOff.first] : [])].sort((a, b) => a.getTime() - b.getTime())[0]),
    },
    finish: finishItem({
      at: finish.at === null || putOff.last === null || putOff.last < finish.at ? finish.at : putOff.last,
      late: finish.late + putOff.late,
    }),
  }
}

const numbersOf = ({ zone_from: from, zone_to: to }: { zone_from: number | null; zone_to: number | null }): number[] =>
  from === null || to === null ? [] : Array.from({ length: to - from + 1 }, (_, n) => from + n)
