import { request } from 'undici'
import { at, type Cell, type Phase, type Play } from '../play.ts'
import type { Actor } from '../stage.ts'

/** Ends of processes: by crash, by order, by standing still, of the one that does everything or of one among several. */
const TWO_WORKERS = { apis: 1, workers: 2 }
const PHASES: readonly Phase[] = ['freeze', 'first', 'middle', 'last', 'receipts', 'retry']

async function crash(play: Play, actor: Actor): Promise<void> {
  play.allowDoubt()
  await actor.kill()
  await actor.start()
}

/** Stopped for longer than the lease, the send timeout and the grace together, then let go. */
async function standStill(play: Play, actor: Actor): Promise<void> {
  play.allowDoubt()
  actor.signal('SIGSTOP')
  await play.pause(5_500)
  actor.signal('SIGCONT')
}

const kill: Cell[] = PHASES.map((phase) => ({
  area: 'process',
  fault: 'kill -9 of the only process',
  phase,
  isQuick: phase === 'freeze' || phase === 'middle' || phase === 'receipts',
  run: at(phase, (play) => crash(play, play.sender())),
}))

const killWorker: Cell[] = PHASES.map((phase) => ({
  area: 'process',
  fault: 'kill -9 of the worker that drives, another takes over',
  phase,
  isQuick: phase === 'middle' || phase === 'retry',
  stage: TWO_WORKERS,
  run: at(phase, async (play) => {
    play.allowDoubt(2) // the one that drives is not known from outside: both are killed in turn
    const [first, second] = play.stage.actors.filter(({ role }) => role === 'worker') as [Actor, Actor]
    await first.kill()
    await play.pause(1_200)
    await first.start()
    await second.kill()
    await second.start()
  }),
}))

const terminate: Cell[] = PHASES.map((phase) => ({
  area: 'process',
  fault: 'SIGTERM of the only process',
  phase,
  isQuick: phase === 'middle',
  run: at(phase, async (play) => {
    const beganMs = performance.now()
    const code = await play.sender().stop()
    play.claim(code === 0, `SIGTERM ended with ${code}`)
    play.claim(performance.now() - beganMs < 25_000, 'the drain took longer than 25 s')
    await play.sender().start()
  }),
}))

const stop: Cell[] = (['first', 'middle', 'last', 'receipts', 'retry'] as const).map((phase) => ({
  area: 'process',
  fault: 'SIGSTOP for 5.5 s, then SIGCONT',
  phase,
  isQuick: phase === 'middle',
  run: at(phase, (play) => standStill(play, play.sender())),
}))

const stopWorker: Cell[] = (['first', 'middle', 'last'] as const).map((phase) => ({
  area: 'process',
  fault: 'SIGSTOP of each of two workers in turn',
  phase,
  stage: TWO_WORKERS,
  run: at(phase, async (play) => {
    for (const actor of play.stage.actors.filter(({ role }) => role === 'worker')) await standStill(play, actor)
  }),
}))

const repeated: Cell[] = [
  {
    area: 'process',
    fault: 'kill -9 again and again',
    phase: 'five times',
    isQuick: true,
    stage: { people: 500 },
    async run(play) {
      await play.launch()
      for (let i = 0; i < 5; i++) {
        await play.pause(300 + play.chance() * 900)
        await crash(play, play.sender())
      }
    },
  },
  {
    area: 'process',
    fault: 'SIGTERM again and again',
    phase: 'four times',
    stage: { people: 500 },
    async run(play) {
      await play.launch()
      for (let i = 0; i < 4; i++) {
        await play.pause(300 + play.chance() * 900)
        play.claim((await play.sender().stop()) === 0, 'a drain did not end with 0')
        await play.sender().start()
      }
    },
  },
  {
    area: 'process',
    fault: 'a full window lost',
    phase: 'slow answers, kill -9',
    isQuick: true,
    stage: { window: 12, simulator: { latencyMs: 900, jitterMs: 100, person: { timeScale: 0.05 } } },
    async run(play) {
      play.simulator.holdWebhooks() // so that doubt is seen whole before receipts heal it
      await play.launch()
      await play.reached('first')
      await play.pause(700)
      await crash(play, play.sender())
      await play.pause(2_500)
      const { counts } = await play.campaign()
      play.claim(counts.unknown > 0, 'the crash left nobody in doubt: the cell proved nothing')
      play.claim(counts.unknown <= play.stage.window, `${counts.unknown} Unknown at once, more than W = ${play.stage.window}`)
      play.simulator.releaseWebhooks()
    },
  },
  {
    area: 'process',
    fault: 'workers killed at random among two APIs and two workers',
    phase: '20,000 people',
    isQuick: true,
    stage: {
      people: 20_000,
      rate: 1_000,
      window: 200,
      apis: 2,
      workers: 2,
      environment: { SEND_TIMEOUT_MS: '15000' },
      simulator: { latencyMs: 60, jitterMs: 30 },
    },
    run: (play) => randomKills(play, 6),
  },
]

/** Kills a worker at random moments, so often; the APIs are killed twice too. */
export async function randomKills(play: Play, times: number): Promise<void> {
  await play.launch()
  const workers = play.stage.actors.filter(({ role }) => role === 'worker')
  const apis = play.stage.actors.filter(({ role }) => role === 'api')
  for (let i = 0; i < times; i++) {
    await play.pause(500 + play.chance() * 2_500)
    await crash(play, workers[Math.floor(play.chance() * workers.length)] as Actor)
    if (i % 3 === 1) await crash(play, apis[Math.floor(play.chance() * apis.length)] as Actor)
  }
  const { status } = await play.campaign()
  play.claim(status === 'Running', `the campaign was ${status} before the last kill: the cell proved less than it says`)
}

/** As behind a balancer: it asks each API whether it is ready ten times a second and sends nothing to one that steps aside. */
const rolling: Cell = {
  area: 'process',
  fault: 'rolling restart of two APIs and two workers under load',
  phase: 'middle',
  isQuick: true,
  stage: { apis: 2, workers: 2, people: 500 },
  run: at('middle', async (play) => {
    const apis = play.stage.actors.filter(({ role }) => role === 'api')
    let isDone = false
    let answered = 0
    const broken: string[] = []
    const ready = new Map(apis.map((api) => [api, true]))
    const watch = async (api: Actor): Promise<void> => {
      while (!isDone) {
        const isReady = await request(`${api.url}/readyz`, { reset: true }).then(
          async ({ statusCode, body }) => {
            await body.dump()
            return statusCode === 200
          },
          () => false,
        )
        ready.set(api, isReady)
        await play.pause(100)
      }
    }
    const ask = async (index: number): Promise<void> => {
      for (let turn = index; !isDone; turn++) {
        const api = apis[turn % apis.length] as Actor
        if (ready.get(api) !== true) {
          await play.pause(20)
          continue
        }
        const { url } = api
        try {
          const answer = await request(`${url}/api/v1/WhatsappCampaign/${play.campaignId}`, {
            headers: { authorization: `Bearer ${play.stage.api.key}`, connection: 'close' },
            reset: true,
          })
          await answer.body.dump()
          if (answer.statusCode === 200) answered++
          else broken.push(`HTTP ${answer.statusCode}`)
        } catch (error) {
          const { code } = error as { code?: string }
          if (code !== 'ECONNREFUSED') broken.push(code ?? String(error))
        }
      }
    }
    const load = [...[0, 1, 2, 3].map(ask), ...apis.map(watch)]
    for (const actor of play.stage.actors) {
      play.claim((await actor.stop()) === 0, `${actor.role} did not end with 0`)
      await actor.start()
    }
    isDone = true
    await Promise.all(load)
    play.claim(answered > 50, `only ${answered} calls were made`)
    play.claim(broken.length === 0, `${broken.length} calls failed: ${broken.slice(0, 3).join(', ')}`)
  }),
}

export const processCells: readonly Cell[] = [...kill, ...killWorker, ...terminate, ...stop, ...stopWorker, ...repeated, rolling]
