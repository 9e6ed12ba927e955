import { isQuietOn, offsetsOf, type QuietHours } from './quiet-hours.ts'

/** What is still to be sent, and how fast it may be. */
export interface SendingPlan {
  /** People by where they are; without quiet hours one group does. */
  readonly groups: readonly { readonly zones: readonly string[]; readonly people: number }[]
  readonly hours: QuietHours | null
  readonly perSecond: number
  /** The 24-hour limit: places now, when more come, and how many then and every 24 hours after; null: none. */
  readonly room: { readonly places: number; readonly nextAt: Date; readonly perDay: number } | null
}
export interface Finish {
  /** When the last one goes, as far as can be told; null: not within a month. */
  readonly at: Date | null
  /** How many go after the wished end; 0 without one. */
  readonly late: number
}

const DAY_MS = 86_400_000
const HORIZON_MS = 31 * DAY_MS
/** A stretch may end in the middle of a person; what is less than this is rounding. */
const NOBODY = 1e-6

/**
 * Plays the sending forward: at full rate to whoever is awake, as far as the 24-hour limit lets it. An estimate: clocks do not change
 * meanwhile, nobody is skipped, and everybody takes a place under the limit.
 * @param by the wished end
 */
export function finishOf(plan: SendingPlan, from: Date, by: Date | null): Finish {
  const { hours, perSecond, room } = plan
  const startMs = from.getTime()
  const groups = plan.groups.map(({ zones, people }) => ({ offsets: offsetsOf(zones, startMs), left: people }))
  const changes = hours === null ? [] : nightChanges([...new Set(groups.flatMap(({ offsets }) => offsets))], hours)
  let left = groups.reduce((sum, group) => sum + group.left, 0)
  let places = room?.places ?? Number.POSITIVE_INFINITY
  let refillMs = room?.nextAt.getTime() ?? Number.POSITIVE_INFINITY
  let late = 0
  let nowMs = startMs
  while (left > NOBODY) {
    if (nowMs - startMs >= HORIZON_MS) return { at: null, late: by === null ? 0 : Math.round(late + left) }
    for (; refillMs <= nowMs; refillMs += DAY_MS) places = room?.perDay ?? places
    // until the next change the same people are awake, so they go one after the other from now on
    const untilMs = Math.min(refillMs, startMs + HORIZON_MS, nextChange(changes, nowMs))
    const open = groups.filter(({ left: people, offsets }) => people > 0 && (hours === null || !isQuietOn(offsets, hours, nowMs)))
    const waiting = open.reduce((sum, group) => sum + group.left, 0)
    const going = Math.min(waiting, places, (perSecond * (untilMs - nowMs)) / 1_000)
    const inTime = by === null ? going : Math.min(going, Math.max(0, (perSecond * (by.getTime() - nowMs)) / 1_000))
    late += going - inTime
    left -= going
    places -= going
    let rest = going
    for (const group of open) {
      const here = Math.min(group.left, rest)
      group.left -= here
      rest -= here
    }
    nowMs = left <= NOBODY ? nowMs + Math.ceil((going / perSecond) * 1_000) : untilMs
  }
  return { at: new Date(nowMs), late: Math.round(late) }
}

/** Times of the UTC day, in milliseconds, at which a night begins or ends on one of these clocks. */
const nightChanges = (offsets: readonly number[], { from, to }: QuietHours): number[] =>
  offsets.flatMap((aheadMs) =>
    [from, to].map((wall) => {
      const ms = (Number(wall.slice(0, 2)) * 60 + Number(wall.slice(3))) * 60_000 - aheadMs
      return ((ms % DAY_MS) + DAY_MS) % DAY_MS
    }),
  )

function nextChange(changes: readonly number[], nowMs: number): number {
  const dayMs = Math.floor(nowMs / DAY_MS) * DAY_MS
  return Math.min(...changes.map((ms) => (dayMs + ms > nowMs ? dayMs + ms : dayMs + ms + DAY_MS)), Number.POSITIVE_INFINITY)
}
