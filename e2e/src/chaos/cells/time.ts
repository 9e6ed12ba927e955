import { until } from '../../api.ts'
import type { Cell, Play } from '../play.ts'

/** Schedules and clocks. */
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()

/** Promise 9: starts within 5 s of its instant. */
async function startsOnTime(play: Play, dueMs: number): Promise<void> {
  await until(
    'the first request',
    async () => play.requests(),
    (n) => n > 0,
    30_000,
    10,
  )
  const first = play.simulator.ledger.entries({ limit: 1 })[0]?.atMs ?? 0
  play.claim(first >= dueMs, `began ${dueMs - first} ms before its time`)
  play.claim(first <= dueMs + 5_000, `began ${first - dueMs} ms after its time`)
}

async function scheduled(play: Play, ms: number): Promise<number> {
  const at = inMs(ms)
  play.follow(await play.create({ scheduledAt: at }))
  return Date.parse(at)
}

export const timeCells: readonly Cell[] = [
  {
    area: 'time',
    fault: 'due',
    phase: 'one process',
    async run(play) {
      await startsOnTime(play, await scheduled(play, 3_000))
    },
  },
  {
    area: 'time',
    fault: 'due',
    phase: 'four schedulers',
    isQuick: true,
    stage: { apis: 1, workers: 4 },
    async run(play) {
      await startsOnTime(play, await scheduled(play, 3_000))
    },
  },
  {
    area: 'time',
    fault: 'kill -9 at the due time',
    phase: 'freeze',
    async run(play) {
      const dueMs = await scheduled(play, 2_500)
      await play.pause(dueMs - Date.now() + play.chance() * 1_200)
      play.allowDoubt()
      await play.sender().kill()
      await play.sender().start()
      await play.isOver()
    },
  },
  {
    area: 'time',
    fault: 'missed by more than the grace',
    phase: 'server away at the due time',
    isQuick: true,
    stage: { environment: { MISSED_SCHEDULE_GRACE_MS: '1000' } },
    async run(play) {
      const dueMs = await scheduled(play, 2_000)
      await play.sender().stop()
      await play.pause(dueMs - Date.now() + 2_500)
      await play.sender().start()
      await play.pause(3_000)
      play.claim(play.requests() === 0, `${play.requests()} requests left for a missed schedule`)
      const { status, hold } = await play.campaign()
      play.claim(status === 'Scheduled' && hold?.reason === 'missed_schedule', `${status}, hold ${hold?.reason}`)
      await play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/quick-run`)
    },
  },
  {
    area: 'time',
    fault: 'missed within the grace',
    phase: 'server away at the due time',
    async run(play) {
      const dueMs = await scheduled(play, 2_000)
      await play.sender().stop()
      await play.pause(dueMs - Date.now() + 1_500)
      await play.sender().start()
      await until(
        'the start',
        () => play.campaign(),
        ({ status }) => status !== 'Scheduled',
        10_000,
      )
    },
  },
  {
    area: 'time',
    fault: 'store away at the due time',
    phase: 'within the grace',
    stage: { hasNetwork: true },
    async run(play) {
      const dueMs = await scheduled(play, 2_000)
      await play.pause(dueMs - Date.now() - 500)
      play.stage.network.cut()
      await play.pause(3_000)
      play.claim(play.requests() === 0, 'sent without a store')
      play.stage.network.mend()
      await until(
        'the start',
        async () => play.requests(),
        (n) => n > 0,
        30_000,
      )
    },
  },
  {
    area: 'time',
    fault: 'scheduled again to later, and earlier',
    phase: 'before the due time',
    async run(play) {
      await scheduled(play, 2_000)
      const path = `/WhatsappCampaign/${play.campaignId}/schedule`
      await play.stage.api.call('POST', path, { scheduledAt: inMs(60_000) })
      await play.pause(3_000)
      play.claim(play.requests() === 0, 'sent at a time that was taken back')
      const at = inMs(1_500)
      await play.stage.api.call('POST', path, { scheduledAt: at })
      await startsOnTime(play, Date.parse(at))
    },
  },
  {
    area: 'time',
    fault: 'unscheduled',
    phase: 'a moment before the due time',
    async run(play) {
      await scheduled(play, 1_500)
      await play.pause(900)
      await play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/unschedule`)
      await play.pause(3_000)
      play.claim(play.requests() === 0, 'sent although it was unscheduled')
    },
    expect: { end: 'none', isAudienceOpen: true },
  },
  {
    area: 'time',
    fault: 'the number’s pace changed',
    phase: 'middle',
    stage: { people: 400, rate: 100 },
    async run(play) {
      await play.launch()
      await play.reached('first')
      await play.pause(600)
      const { items } = await play.stage.api.call<{ items: { id: string }[] }>(
        'GET',
        `/WhatsappAccount/${play.stage.accountId}/phone-numbers`,
      )
      await play.stage.api.call('PUT', `/PhoneNumber/${items[0]?.id}`, { ratePerSecond: 20, maxInFlight: play.stage.window })
      await play.pause(1_500)
      const before = play.requests()
      await play.pause(2_000)
      const made = play.requests() - before
      play.claim(made <= 46 && made >= 20, `${made} requests in 2 s at 20/s`)
      await play.stage.api.call('PUT', `/PhoneNumber/${items[0]?.id}`, { ratePerSecond: 100, maxInFlight: play.stage.window })
    },
  },
]
