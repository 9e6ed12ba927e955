import { until } from '../../api.ts'
import type { SimulatorOptions } from '../../world.ts'
import { AMBIGUOUS_CODES } from '../judge.ts'
import { at, type Cell, type Play } from '../play.ts'

/** Meta's side: lost, broken, late and refusing answers. */
type Rule = Parameters<Play['simulator']['setFaults']>[0][number]
type Action = Rule['action']

const LOST: readonly (readonly [string, Action])[] = [
  ['connection reset', { kind: 'reset' }],
  ['silence until the time-out', { kind: 'silence' }],
  ['502 with HTML', { kind: 'html5xx' }],
  ['503 without a body', { kind: 'status', httpStatus: 503 }],
  ['429 without a body', { kind: 'status', httpStatus: 429 }],
  ['200 cut short', { kind: 'truncate' }],
  ['200 without an id', { kind: 'noId' }],
  ['500 with code 131000', { kind: 'code', code: 131000, httpStatus: 500 }],
]

/** Every tenth answer is bent: sparse enough that no breaker trips, so that each one's own doubt is what is judged. */
const lost: Cell[] = LOST.flatMap(([fault, action]) =>
  (['before-accept', 'after-accept'] as const).map((when) => ({
    area: 'provider' as const,
    fault,
    phase: when === 'after-accept' ? 'after acceptance' : 'before acceptance',
    isQuick:
      fault === 'connection reset' ||
      (fault === '200 cut short' && when === 'after-accept') ||
      (fault === '502 with HTML' && when === 'before-accept'),
    stage: { window: 32 },
    async run(play: Play) {
      play.simulator.setFaults([{ match: { every: 10 }, when, action }])
      await play.launch()
      const { counts } = await play.isOver()
      const bent = play.simulator.ledger.entries().filter(({ fault: seen }) => seen !== null).length
      play.claim(bent >= 15, `only ${bent} answers were bent`)
      if (when === 'before-accept') play.claim(counts.unknown === bent, `${counts.unknown} Unknown for ${bent} messages never accepted`)
    },
  })),
)

const ambiguous: Cell[] = AMBIGUOUS_CODES.filter((code) => code !== 131000).map((code) => ({
  area: 'provider',
  fault: `code ${code}, which proves nothing`,
  phase: 'before and after acceptance',
  async run(play) {
    play.simulator.setFaults([
      { match: { every: 13 }, when: 'before-accept', action: { kind: 'code', code } },
      { match: { every: 17 }, when: 'after-accept', action: { kind: 'code', code } },
    ])
    await play.launch()
    const { counts } = await play.isOver()
    play.claim(counts.failed === 0, `${counts.failed} Failed by a code that proves nothing`)
  },
}))

/** Codes that hold: at most W + 1 refused calls, nobody Failed, and a person's resume goes on where it stopped. */
const HOLDS: readonly (readonly [number, string, string])[] = [
  [190, 'token revoked', 'token_invalid'],
  [10, 'permission taken away', 'token_invalid'],
  [368, 'account restricted', 'account_restricted'],
  [131031, 'account locked', 'account_restricted'],
  [131042, 'payment refused', 'payment'],
  [131048, 'spam limit of the number', 'account_restricted'],
  [133010, 'number not registered', 'account_restricted'],
  [132015, 'template paused', 'template_paused'],
  [132001, 'template gone', 'template_paused'],
  [132068, 'flow blocked', 'circuit_breaker'],
]
const holds: Cell[] = HOLDS.flatMap(([code, fault, reason]) =>
  (code === 190 ? (['first', 'middle', 'last'] as const) : (['middle'] as const)).map((phase) => ({
    area: 'provider' as const,
    fault: `${fault} (${code})`,
    phase,
    isQuick: (code === 190 && phase === 'middle') || code === 132015,
    run: at(phase, async (play) => {
      play.simulator.setFaults([{ when: 'before-accept', action: { kind: 'code', code } }])
      const held = await until(
        'the hold',
        () => play.campaign(),
        ({ hold }) => hold !== null,
        20_000,
        50,
      )
      play.claim(held.hold?.reason === reason, `held for ${held.hold?.reason}, not ${reason}`)
      await play.pause(1_000) // whatever was under way has arrived
      const refused = () => play.simulator.ledger.summary().refused[String(code)] ?? 0
      const whenHeld = refused()
      play.claim(whenHeld <= play.stage.window + 1, `${whenHeld} calls were refused, more than W + 1`)
      await play.pause(1_500)
      play.claim(refused() === whenHeld, `${refused() - whenHeld} requests left during the hold`)
      play.claim((await play.campaign()).counts.failed === 0, 'somebody Failed for it')
      play.simulator.setFaults([])
      await play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/resume`)
    }),
  })),
)

const codes: Cell[] = [
  ...([131026, 131047, 130472, 131049, 131050] as const).map(
    (code): Cell => ({
      area: 'provider',
      fault: `refused for good (${code})`,
      phase: 'one in ten',
      isQuick: code === 131026,
      async run(play) {
        play.simulator.setFaults([{ match: { every: 10 }, when: 'before-accept', action: { kind: 'code', code } }])
        await play.launch()
        const { counts } = await play.isOver()
        const refused = play.simulator.ledger.summary().refused[String(code)] ?? 0
        play.claim(
          counts.failed === refused && refused === play.requests() - counts.audience + refused,
          `${counts.failed} Failed of ${refused} refused`,
        )
      },
    }),
  ),
  {
    area: 'provider',
    fault: 'five malformed requests in a row (100)',
    phase: 'middle',
    run: at('middle', async (play) => {
      play.simulator.setFaults([{ when: 'before-accept', action: { kind: 'code', code: 131008 } }])
      const held = await until(
        'the breaker',
        () => play.campaign(),
        ({ hold }) => hold !== null,
        20_000,
        50,
      )
      play.claim(held.hold?.reason === 'circuit_breaker', `held for ${held.hold?.reason}`)
      await play.pause(1_000)
      const { counts } = await play.campaign()
      play.claim(counts.failed <= play.stage.window + 5, `${counts.failed} Failed before it stopped`)
      play.simulator.setFaults([])
      await play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/resume`)
    }),
  },
  {
    area: 'provider',
    fault: 'throughput refused in bursts (130429)',
    phase: 'throughout',
    isQuick: true,
    async run(play) {
      play.simulator.setFaults([
        { match: { nth: 50 }, when: 'before-accept', action: { kind: 'code', code: 130429 } },
        { match: { share: 0.04 }, when: 'before-accept', action: { kind: 'code', code: 130429 }, times: 12 },
      ])
      await play.launch()
      const { counts } = await play.isOver()
      play.claim((play.simulator.ledger.summary().refused['130429'] ?? 0) > 2, 'nothing was throttled')
      play.claim(counts.failed === 0 && counts.unknown === 0, 'throttling cost somebody their message')
    },
  },
  {
    area: 'provider',
    fault: 'pair limit (131056)',
    phase: 'one person in five, twice',
    async run(play) {
      play.simulator.setFaults([{ match: { toSuffix: '3' }, when: 'before-accept', action: { kind: 'code', code: 131056 }, times: 45 }])
      await play.launch()
      const { counts } = await play.isOver()
      play.claim(counts.failed === 0 && counts.unknown === 0, 'the pair limit cost somebody their message')
    },
  },
  {
    area: 'provider',
    fault: 'maintenance (131057)',
    phase: 'middle, then cancel',
    run: at('middle', async (play) => {
      play.simulator.setFaults([{ when: 'before-accept', action: { kind: 'code', code: 131057 }, times: 40 }])
      await until(
        'a refusal',
        async () => play.simulator.ledger.summary().refused['131057'] ?? 0,
        (n) => n > 0,
        10_000,
        10,
      )
      await play.pause(600)
      const before = play.requests()
      await play.pause(3_000)
      play.claim(play.requests() === before, 'requests left during the pause that Meta asked for')
      play.claim((play.simulator.ledger.summary().refused['131057'] ?? 0) <= play.stage.window + 1, 'more than W + 1 were refused')
      await play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/cancel`)
    }),
    expect: { end: 'Cancelled' },
  },
]

const slow = (fault: string, simulator: SimulatorOptions, run: (play: Play) => Promise<void>, isQuick = false): Cell => ({
  area: 'provider',
  fault,
  phase: 'throughout',
  isQuick,
  stage: { simulator },
  run,
})
const times: Cell[] = [
  slow('slow answers, below the time-out', { latencyMs: 1_200, jitterMs: 500 }, async (play) => {
    await play.launch()
    const { counts } = await play.isOver()
    play.claim(counts.unknown === 0, `${counts.unknown} Unknown although every answer came in time`)
  }),
  slow(
    'answers later than the time-out, then receipts',
    { latencyMs: 90, jitterMs: 50 },
    async (play) => {
      play.simulator.setFaults([{ match: { every: 9 }, when: 'after-accept', action: { kind: 'late', delayMs: 4_500 } }])
      play.simulator.holdWebhooks()
      await play.launch()
      await play.isOver()
      const { counts } = await play.campaign()
      play.claim(counts.unknown > 12, 'nobody was in doubt: the cell proved nothing')
      play.simulator.releaseWebhooks()
    },
    true,
  ),
  {
    area: 'provider',
    fault: 'an outage of seven seconds',
    phase: 'middle',
    isQuick: true,
    run: at('middle', async (play) => {
      play.simulator.setFaults([{ when: 'before-accept', action: { kind: 'reset' } }])
      const held = await until(
        'the hold',
        () => play.campaign(),
        ({ hold }) => hold !== null,
        20_000,
        50,
      )
      play.claim(held.hold?.reason === 'provider_outage', `held for ${held.hold?.reason}`)
      await play.pause(4_000)
      play.simulator.setFaults([])
      const { counts } = await play.campaign()
      play.claim(counts.unknown <= play.stage.window + 5, `${counts.unknown} Unknown in an outage, more than W + 5`)
    }),
  },
  {
    area: 'provider',
    fault: 'doubt without end trips the breaker',
    phase: 'middle',
    stage: { people: 400, window: 8 },
    run: at('middle', async (play) => {
      play.simulator.setFaults([{ match: { every: 2 }, when: 'before-accept', action: { kind: 'html5xx' } }])
      const held = await until(
        'the hold',
        () => play.campaign(),
        ({ hold, status }) => hold !== null || status !== 'Running',
        30_000,
        50,
      )
      play.claim(held.hold?.reason === 'ambiguity_breaker', `held for ${held.hold?.reason ?? held.status}`)
      await play.pause(1_000)
      const { counts } = await play.campaign()
      play.claim(counts.unknown <= 3 * play.stage.window + 1, `${counts.unknown} Unknown before it stopped`)
      play.simulator.setFaults([])
      await play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/resume`)
    }),
  },
  {
    area: 'provider',
    fault: 'accepted, then undeliverable by receipt (131026)',
    phase: 'one in five',
    stage: { simulator: { person: { failed: [{ code: 131026, share: 0.2 }] } } },
    async run(play) {
      await play.launch()
      await play.isOver()
      await play.simulator.idle()
      const { failed } = play.simulator.ledger.summary().statuses
      const { counts } = await until(
        'the receipts',
        () => play.campaign(),
        (seen) => seen.counts.failed === failed,
        10_000,
      ).catch(() => play.campaign().then((seen) => seen))
      play.claim(failed > 12 && counts.failed === failed, `${counts.failed} Failed, ${failed} told so`)
    },
  },
  {
    area: 'provider',
    fault: 'every kind of fault at once, and a crash',
    phase: 'throughout',
    isQuick: true,
    stage: { people: 500, window: 32 },
    run: async (play) => {
      play.simulator.setFaults([
        { match: { every: 31 }, when: 'after-accept', action: { kind: 'reset' } },
        { match: { every: 37 }, when: 'before-accept', action: { kind: 'html5xx' } },
        { match: { every: 41 }, when: 'after-accept', action: { kind: 'truncate' } },
        { match: { every: 43 }, when: 'before-accept', action: { kind: 'code', code: 131026 } },
        { match: { every: 47 }, when: 'before-accept', action: { kind: 'code', code: 131056 } },
        { match: { every: 53 }, when: 'after-accept', action: { kind: 'late', delayMs: 4_000 } },
      ])
      play.simulator.setWebhooks({ duplicateShare: 0.3, reorder: true })
      await play.launch()
      await play.reached('middle')
      play.allowDoubt()
      await play.sender().kill()
      await play.sender().start()
    },
  },
]

export const providerCells: readonly Cell[] = [...lost, ...ambiguous, ...holds, ...codes, ...times]
