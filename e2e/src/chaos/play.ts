import { setTimeout as wait } from 'node:timers/promises'
import type { Simulator } from '@fanfare/simulator'
import { ApiError, until } from '../api.ts'
import { random } from '../people.ts'
import { type Campaign, campaignOf, templateId } from '../world.ts'
import type { Actor, Stage, StageOptions } from './stage.ts'
import { type Watch, watchCampaign } from './watch.ts'

export const AREAS = ['process', 'database', 'provider', 'webhooks', 'people', 'time'] as const
export type Area = (typeof AREAS)[number]

/** When a fault strikes. `retry`: while people wait for another attempt. `receipts`: after the last answer, while receipts come in. */
export const PHASES = ['freeze', 'first', 'middle', 'last', 'receipts', 'retry'] as const
export type Phase = (typeof PHASES)[number]

/** One cell of the matrix: a fault at a moment, and what must be true for it alone beside the promises. */
export interface Cell {
  readonly area: Area
  readonly fault: string
  readonly phase: string
  /** Part of the quick matrix. */
  readonly isQuick?: boolean
  readonly stage?: StageOptions
  run(play: Play): Promise<void>
  readonly expect?: Expectation
}
export const nameOf = (cell: Pick<Cell, 'area' | 'fault' | 'phase'>): string => `${cell.area}: ${cell.fault}, ${cell.phase}`

/** What a cell may leave behind beside Sent and above; everything that is not named must not occur. */
export interface Expectation {
  /** Status of the campaign in the end. */
  readonly end?: 'Completed' | 'Cancelled' | 'Running' | 'Scheduled' | 'none'
  /** Receipts were lost: whom Meta accepted may stay Unknown, Sent or Delivered. */
  readonly isReceiptsLost?: boolean
  /** The contact list itself was changed under way, so that not everybody need be in the audience. */
  readonly isAudienceOpen?: boolean
  readonly mayBeSkipped?: boolean
}

/** What a cell's script has in its hands. */
export interface Play {
  readonly stage: Stage
  readonly simulator: Simulator
  /** Repeatable for one seed: 0 … 1. */
  readonly chance: () => number
  readonly campaignId: string
  readonly watch: Watch
  /** A Running campaign to everybody, unless told otherwise. */
  launch(change?: Record<string, unknown>): Promise<void>
  create(change?: Record<string, unknown>): Promise<string>
  follow(id: string): void
  /** Waits until the campaign is in this phase. */
  reached(phase: Phase): Promise<void>
  campaign(): Promise<Campaign>
  isOver(): Promise<Campaign>
  /** The process that sends, or one of them. */
  sender(): Actor
  /** Allows W in doubt for one crash of the owner of a number. */
  allowDoubt(crashes?: number): void
  /** A condition of this cell's own; a false one fails the cell with this text. */
  claim(isTrue: boolean, text: string): void
  readonly failures: readonly string[]
  readonly doubtAllowed: () => number
  /** Requests that reached the simulator. */
  requests(): number
  pause(ms: number): Promise<void>
}

export function makePlay(stage: Stage, seed: number): Play {
  const chance = random(seed)
  const { simulator, api } = stage
  const failures: string[] = []
  let campaignId = ''
  let watch: Watch | undefined
  let doubt = 0
  const requests = () => simulator.ledger.summary().requests
  const campaign = () => patiently(() => campaignOf(api, campaignId))
  const isOver = async () => {
    const deadline = Date.now() + Math.max(120_000, (stage.people / stage.rate) * 8_000)
    for (;;) {
      const seen = await campaign()
      if (seen.status !== 'Running' && seen.status !== 'Scheduled') return seen
      if (Date.now() > deadline)
        throw new Error(
          `still ${seen.status} with ${JSON.stringify(seen.counts)}, hold ${seen.hold?.reason ?? 'none'}, after ${requests()} requests`,
        )
      await wait(150)
    }
  }

  const play: Play = {
    stage,
    simulator,
    chance,
    get campaignId() {
      return campaignId
    },
    get watch() {
      if (watch === undefined) throw new Error('nothing was launched')
      return watch
    },
    async create(change = {}) {
      const { id } = await api.call<{ id: string }>('POST', '/WhatsappCampaign', {
        name: 'Chaos',
        templateId: await templateId(api, 'hello_world'),
        contactFilter: { everyone: true },
        ...change,
      })
      return id
    },
    follow(id) {
      campaignId = id
      watch = watchCampaign(api, id)
    },
    async launch(change) {
      play.follow(await play.create(change))
      await api.call('POST', `/WhatsappCampaign/${campaignId}/quick-run`)
    },
    async reached(phase) {
      const { people, window } = stage
      const passes = (count: number) =>
        until(
          `${count} requests`,
          async () => requests(),
          (now) => now >= count,
          120_000,
          20,
        )
      switch (phase) {
        case 'freeze':
          return void (await wait(chance() * 40))
        case 'first':
          return void (await passes(1 + Math.floor(chance() * 8)))
        case 'middle':
          return void (await passes(Math.floor(people * (0.3 + chance() * 0.4))))
        case 'last':
          return void (await passes(people - 1 - Math.floor(chance() * window)))
        case 'retry':
          await passes(Math.floor(people * (0.5 + chance() * 0.4)))
          await until(
            'people waiting for a retry',
            async () => simulator.ledger.summary().refused['131056'] ?? 0,
            (n) => n > 5,
            60_000,
            5,
          )
          return void (await wait(chance() * 400))
        case 'receipts':
          await isOver()
          simulator.releaseWebhooks()
          return void (await wait(chance() * 60))
      }
    },
    campaign,
    isOver,
    sender: () => stage.actors.find(({ role }) => role !== 'api') as Actor,
    allowDoubt(crashes = 1) {
      doubt += crashes * stage.window
    },
    claim(isTrue, text) {
      if (!isTrue) failures.push(text)
    },
    failures,
    doubtAllowed: () => doubt,
    requests,
    pause: (ms) => wait(ms),
  }
  return play
}

/** The product may be away for a while: asked again for half a minute, as a client would. */
export async function patiently<T>(ask: () => Promise<T>, withinMs = 30_000): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const isAway = !(error instanceof ApiError) || error.status === 503
      if (!isAway || Date.now() > deadline) throw error
      await wait(100)
    }
  }
}

/** The script of most cells: launch, wait for the phase, strike. */
export const at =
  (phase: Phase, strike: (play: Play) => Promise<void>) =>
  async (play: Play): Promise<void> => {
    if (phase === 'receipts') play.simulator.holdWebhooks()
    if (phase === 'retry')
      play.simulator.setFaults([{ match: { every: 5 }, when: 'before-accept', action: { kind: 'code', code: 131056 }, times: 30 }])
    await play.launch()
    await play.reached(phase)
    await strike(play)
  }
