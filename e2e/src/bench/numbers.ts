import { importPeople } from '../world.ts'
import type { Report } from './report.ts'
import type { Sizes } from './sizes.ts'
import { windowFor, withStand } from './stand.ts'
import { busiestWindow, fairness } from './statistics.ts'

const LATENCY_MS = 100

/** Many numbers at once, each at its own pace: ten at the most Meta allows, and fifty slow ones, none of which may wait for another. */
export async function measureNumbers(report: Report, sizes: Sizes): Promise<void> {
  await together(report, { numbers: 10, perSecond: 1_000, seconds: sizes.numbersSeconds })
  await together(report, { numbers: 50, perSecond: 20, seconds: sizes.numbersSeconds })
}

async function together(
  report: Report,
  { numbers, perSecond, seconds }: { readonly numbers: number; readonly perSecond: number; readonly seconds: number },
): Promise<void> {
  const times = new Map<string, number[]>()
  const onAccepted = ({ phoneNumberId }: { readonly phoneNumberId: string }) => {
    const known = times.get(phoneNumberId)
    if (known === undefined) times.set(phoneNumberId, [performance.now()])
    else known.push(performance.now())
  }
  await withStand(report, { numbers, latencyMs: LATENCY_MS, onAccepted }, async (stand) => {
    const people = perSecond * seconds
    await importPeople(stand.world.api, people)
    await stand.setPace({ perSecond, window: windowFor(perSecond, LATENCY_MS) })
    const ids = await Promise.all(stand.numberIds.map((_, number) => stand.addCampaign({ name: `Number ${number}`, number })))
    await stand.start(ids)
    await stand.sent(ids, people * numbers)
    const all = [...times.values()]
    const accepted = all.reduce((sum, one) => sum + one.length, 0)
    const name = `${numbers} numbers × ${perSecond}/s`
    report.mustBe(`${name}: accepted = the audiences`, accepted === people * numbers, `${accepted} of ${people * numbers}`)
    // while every one of them sends: before, some still freeze; after, the others have the machine for themselves
    const fromMs = Math.max(...all.map((one) => one[0] ?? 0))
    const toMs = Math.max(fromMs + 1, Math.min(...all.map((one) => one.at(-1) ?? 0)))
    const rates = all.map((one) => (1_000 * one.filter((at) => at > fromMs && at <= toMs).length) / (toMs - fromMs))
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
  })
}
