import { importPeople } from '../world.ts'
import type { Report } from './report.ts'
import type { Sizes } from './sizes.ts'
import { type Stand, withStand } from './stand.ts'
import { busiestWindow, fairness, rateOf } from './statistics.ts'

const LATENCY_MS = 100

interface Many {
  readonly numbers: number
  readonly perSecond: number
}

/** Many numbers at once, each at its own pace: fifty slow ones, none of which may wait for another, then ten at the most Meta allows. */
export async function measureNumbers(report: Report, sizes: Sizes): Promise<void> {
  let times = new Map<string, number[]>()
  const onAccepted = ({ phoneNumberId }: { readonly phoneNumberId: string }) => {
    const known = times.get(phoneNumberId)
    if (known === undefined) times.set(phoneNumberId, [performance.now()])
    else known.push(performance.now())
  }
  await withStand(report, { numbers: 50, latencyMs: LATENCY_MS, onAccepted }, async (stand) => {
    let people = 0
    for (const many of [
      { numbers: 50, perSecond: 20 },
      { numbers: 10, perSecond: 1_000 },
    ]) {
      const wanted = Math.max(1, Math.round(many.perSecond * sizes.numbersSeconds))
      await importPeople(stand.world.api, wanted - people, { from: people })
      people = wanted
      times = new Map()
      await together(stand, many, people)
      reportMany(report, many, [...times.values()], people)
    }
  })
}

/** A campaign to everybody over each of the numbers, until all of them are sent. */
async function together(stand: Stand, { numbers, perSecond }: Many, people: number): Promise<void> {
  await stand.setPace({ perSecond })
  const ids = await Promise.all(
    Array.from({ length: numbers }, (_, number) => stand.addCampaign({ name: `${perSecond}/s over number ${number}`, number })),
  )
  await stand.start(ids)
  await stand.sent(ids, people * numbers)
}

function reportMany(report: Report, { numbers, perSecond }: Many, all: readonly (readonly number[])[], people: number): void {
  const accepted = all.reduce((sum, one) => sum + one.length, 0)
  const name = `${numbers} numbers × ${perSecond}/s`
  report.mustBe(`${name}: accepted = the audiences`, accepted === people * numbers, `${accepted} of ${people * numbers}`)
  // while every one of them sends: before, some still freeze; after, the others have the machine for themselves
  const fromMs = Math.max(...all.map((one) => one[0] ?? 0))
  const toMs = Math.min(...all.map((one) => one.at(-1) ?? 0))
  const inCommon = (one: readonly number[]) => (1_000 * one.filter((at) => at > fromMs && at <= toMs).length) / (toMs - fromMs)
  const rates = all.map(toMs > fromMs ? inCommon : rateOf) // a very short run may have no moment in common
  const sum = rates.reduce((total, rate) => total + rate, 0)
  report.row({ what: `${name}: messages a second`, value: sum, unit: '/s', goal: { atLeast: 0.98 * numbers * perSecond } })
  report.row({
    what: '… slowest number, of its own rate',
    value: (100 * Math.min(...rates)) / perSecond,
    unit: '%',
    goal: { atLeast: 98 },
    note: `fastest ${((100 * Math.max(...rates)) / perSecond).toFixed(1)} %`,
  })
  report.row({ what: '… Jain’s fairness index', value: fairness(rates), unit: '×', goal: { atLeast: 0.99 } })
  report.row({ what: '… busiest second of any number', value: Math.max(...all.map((one) => busiestWindow(one, 1_000))), unit: '' })
  report.series(`rates of ${name}`, rates)
}
