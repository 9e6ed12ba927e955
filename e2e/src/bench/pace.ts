import { importPeople } from '../world.ts'
import { WINDOW_MAX } from './goals.ts'
import type { Report } from './report.ts'
import { bareLoop } from './send.ts'
import { FULL, type Sizes } from './sizes.ts'
import { windowFor, withStand } from './stand.ts'
import { busiestWindow, countsByWindow, latenessMs, percentile, rateOf } from './statistics.ts'

const PER_SECOND = 1_000
const LATENCY_MS = 100

/**
 * One number at the most Meta allows: how even its pace is, by the times at which the simulator accepted each message. Beside it a bare
 * loop at the same pace, which tells how even a process can be on this machine.
 */
export async function measurePace(report: Report, sizes: Sizes): Promise<void> {
  const messages = Math.round(PER_SECOND * sizes.paceSeconds)
  const isFull = sizes.paceSeconds >= FULL.paceSeconds
  let times: number[] = []
  await withStand(report, { latencyMs: LATENCY_MS, onAccepted: () => times.push(performance.now()) }, async (stand) => {
    await importPeople(stand.world.api, messages)
    await stand.setPace({ perSecond: PER_SECOND })
    const id = await stand.addCampaign({ name: 'Pace' })
    await stand.start([id])
    await stand.sent([id], messages)
    const ours = paceOf(times)
    report.mustBe('accepted = the audience, nobody twice', times.length === messages, `${times.length} of ${messages}`)
    times = []
    await bareLoop(stand, { connections: windowFor(PER_SECOND, LATENCY_MS), messages, perSecond: PER_SECOND })
    const bare = paceOf(times)
    const key = (name: string) => (isFull ? name : undefined)
    const of = `of one number at ${PER_SECOND}/s for ${sizes.paceSeconds} s`
    report.row({
      what: `rate ${of}: off by`,
      value: ours.errorPercent,
      unit: '%',
      key: key('pace.error'),
      note: `${ours.rate.toFixed(1)}/s`,
    })
    report.row({
      what: '… messages in its busiest 100 ms',
      value: ours.busiest,
      unit: '',
      key: key('pace.window'),
      note: `at most ${WINDOW_MAX}; bare loop ${bare.busiest}`,
    })
    report.row({
      what: '… p99 lateness against an even pace',
      value: ours.latenessP99,
      unit: 'ms',
      key: key('pace.lateness'),
      note: `bare loop ${bare.latenessP99.toFixed(1)} ms`,
    })
    report.series('messages per 100 ms', ours.counts)
    report.series('bare messages per 100 ms', bare.counts)
  })
}

function paceOf(times: readonly number[]) {
  const rate = rateOf(times)
  return {
    rate,
    errorPercent: (100 * Math.abs(rate - PER_SECOND)) / PER_SECOND,
    busiest: busiestWindow(times, 100),
    latenessP99: percentile(latenessMs(times, PER_SECOND), 0.99),
    counts: countsByWindow(times, 100),
  }
}
