import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { importPeople } from '../world.ts'
import { costEach } from './gauge.ts'
import type { Report } from './report.ts'
import { FULL, type Sizes } from './sizes.ts'
import { type Stand, windowFor, withStand } from './stand.ts'
import { median } from './statistics.ts'

const BARE_LOOP = fileURLToPath(new URL('./bare-loop.ts', import.meta.url))
const NUMBERS = 10
/** The most that Meta allows a number: together as much as the goal. */
const PER_SECOND = 1_000

/**
 * One server process sends over ten numbers as fast as it can, every intent and result durable, receipts withheld; in turn with it a bare
 * undici loop with as many requests under way against the same simulator. Each latency has as many rounds of both.
 */
export async function measureSend(report: Report, sizes: Sizes): Promise<void> {
  for (const latencyMs of sizes.latenciesMs) {
    let firstAtMs = 0
    const onAccepted = () => {
      firstAtMs ||= performance.now()
    }
    await withStand(report, { numbers: NUMBERS, latencyMs, onAccepted }, async (stand) => {
      const connections = NUMBERS * windowFor(PER_SECOND, latencyMs)
      const people = Math.max(1, Math.round(sizes.messages / NUMBERS))
      await stand.setPace({ perSecond: PER_SECOND })
      await importPeople(stand.world.api, people)
      const ours: number[] = []
      const bare: Bare[] = []
      let note = ''
      for (let round = 0; round < sizes.rounds; round++) {
        firstAtMs = 0
        const before = stand.world.simulator.ledger.summary().accepted
        const ids = await Promise.all(
          stand.numberIds.map((_, number) => stand.addCampaign({ name: `Round ${round}, number ${number}`, number })),
        )
        const end = stand.gauge.begin()
        await stand.start(ids)
        await stand.sent(ids, people * NUMBERS)
        ours.push((people * NUMBERS * 1_000) / (performance.now() - firstAtMs))
        note = costEach(end(), people * NUMBERS, 'message')
        const accepted = stand.world.simulator.ledger.summary().accepted - before
        report.mustBe(`${latencyMs} ms, round ${round + 1}: accepted = stored as sent`, accepted === people * NUMBERS, String(accepted))
        bare.push(await bareLoop(stand, { connections, messages: people * NUMBERS }))
      }
      const isGoal = latencyMs === 100 && sizes.messages >= FULL.messages
      const theirs = median(bare.map(({ perSecond }) => perSecond))
      report.row({
        what: `messages a second at ${latencyMs} ms, ten numbers`,
        value: median(ours),
        unit: '/s',
        note,
        key: isGoal ? 'send.perSecond' : undefined,
      })
      report.row({
        what: `… bare undici loop, ${connections} under way`,
        value: theirs,
        unit: '/s',
        note: `${median(bare.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(0)} µs CPU a message`,
      })
      report.row({ what: '… ours as a share of it', value: median(ours) / theirs, unit: '×', key: isGoal ? 'send.share' : undefined })
      report.series(`ours at ${latencyMs} ms`, ours)
      report.series(
        `bare at ${latencyMs} ms`,
        bare.map(({ perSecond }) => perSecond),
      )
    })
  }
}

export interface Bare {
  readonly perSecond: number
  readonly cpuMicroseconds: number
}

/** The baseline of sending, in a process of its own: a loop without intents and records. */
export async function bareLoop(
  { world: { simulator } }: Pick<Stand, 'world'>,
  load: { readonly connections: number; readonly messages: number; readonly perSecond?: number },
): Promise<Bare> {
  const target = { url: simulator.url, path: `/v25.0/${simulator.phoneNumberId}/messages`, token: simulator.accessToken }
  const { stdout } = await promisify(execFile)(process.execPath, [BARE_LOOP, JSON.stringify({ ...target, ...load })])
  return JSON.parse(stdout) as Bare
}
