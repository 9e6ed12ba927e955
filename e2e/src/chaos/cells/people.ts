import { ApiError, until } from '../../api.ts'
import { at, type Cell, type Phase, type Play } from '../play.ts'
import { contactIds } from './webhooks.ts'

/** What people do while a campaign runs: recipients stop, operators pause, cancel, press twice, delete, edit. */

/** Phones of contacts that no request has gone to yet, some of them. */
async function unsent(play: Play, count: number): Promise<[string, string][]> {
  const contacts = [...(await contactIds(play))]
  const sent = new Set(play.simulator.ledger.entries().map(({ to }) => to.replace('+', '')))
  const left = contacts.filter(([phone]) => !sent.has(phone.replace('+', '')))
  return Array.from(
    { length: Math.min(count, left.length) },
    () => left.splice(Math.floor(play.chance() * left.length), 1)[0] as [string, string],
  )
}

/** Promise 7: nobody whose stop we acknowledged gets a message later than a second after. */
const stops = (fault: string, phase: Phase, quick: boolean, stop: (play: Play, phone: string, id: string) => Promise<number>): Cell => ({
  area: 'people',
  fault,
  phase,
  isQuick: quick,
  stage: { people: 400 },
  run: at(phase, async (play) => {
    const acknowledged: [string, number][] = []
    for (const [phone, id] of await unsent(play, 25)) if ((await stop(play, phone, id)) === 200) acknowledged.push([phone, Date.now()])
    play.claim(acknowledged.length >= 10, `only ${acknowledged.length} stops were acknowledged`)
    await play.isOver()
    let spared = 0
    for (const [phone, ackMs] of acknowledged) {
      const sent = play.simulator.ledger.entries().filter(({ to }) => to.replace('+', '') === phone.replace('+', ''))
      if (sent.length === 0) spared++
      play.claim(
        sent.every(({ atMs }) => atMs <= ackMs + 1_000),
        `a message left ${Math.max(...sent.map(({ atMs }) => atMs)) - ackMs} ms after an acknowledged stop`,
      )
    }
    play.claim(spared >= acknowledged.length / 2, `only ${spared} of ${acknowledged.length} were spared: too late to prove anything`)
    const { counts } = await play.campaign()
    play.claim(counts.skipped === spared, `${counts.skipped} Skipped, ${spared} never messaged`)
  }),
  expect: { mayBeSkipped: true },
})
const word = (play: Play, phone: string) =>
  play.stage.webhooks.post(play.stage.webhooks.inbound(phone, { type: 'text', text: { body: ' STOP! ' } }))
const button = (play: Play, phone: string) =>
  play.stage.webhooks.post(play.stage.webhooks.inbound(phone, { type: 'button', button: { payload: 'x', text: 'Stop promotions' } }))
const byApi = async (play: Play, _phone: string, id: string) =>
  (
    await play.stage.api.raw('POST', `/Contact/${id}/opt-out`, {
      body: JSON.stringify({ source: 'phone call' }),
      headers: { 'content-type': 'application/json' },
    })
  ).status
const suppress = async (play: Play, phone: string) => {
  const answer = await play.stage.api.raw('POST', '/Suppression', {
    body: JSON.stringify({ phone, reason: 'complaint' }),
    headers: { 'content-type': 'application/json' },
  })
  return answer.status === 201 ? 200 : answer.status
}

/** Promise 8: after the answer at most W requests leave, none later than 2 s. */
async function isQuiet(play: Play, answeredMs: number): Promise<void> {
  await play.pause(3_000)
  const after = play.simulator.ledger.entries().filter(({ atMs }) => atMs > answeredMs)
  play.claim(after.length <= play.stage.window, `${after.length} requests left after the answer, more than W`)
  play.claim(
    after.every(({ atMs }) => atMs <= answeredMs + 2_000),
    'a request left later than 2 s after the answer',
  )
}

const cancel: Cell[] = (['freeze', 'first', 'middle', 'last', 'retry'] as const).map((phase) => ({
  area: 'people',
  fault: 'cancel',
  phase,
  isQuick: phase === 'middle',
  run: at(phase, async (play) => {
    await play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/cancel`)
    await isQuiet(play, Date.now())
  }),
  expect: { end: 'Cancelled', isAudienceOpen: phase === 'freeze' },
}))

const pause: Cell[] = (['freeze', 'first', 'middle', 'last', 'retry'] as const).map((phase) => ({
  area: 'people',
  fault: 'pause, then resume',
  phase,
  isQuick: phase === 'middle',
  run: at(phase, async (play) => {
    await play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/pause`)
    await isQuiet(play, Date.now())
    await play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/resume`)
  }),
}))

const statusOf = async (call: Promise<unknown>): Promise<number> =>
  call.then(
    () => 200,
    (error: unknown) => {
      if (error instanceof ApiError) return error.status
      throw error
    },
  )

export const peopleCells: readonly Cell[] = [
  stops('opt-out by a word', 'first', false, word),
  stops('opt-out by a word', 'middle', true, word),
  stops('opt-out by a button', 'middle', true, button),
  stops('opt-out by the API', 'middle', true, byApi),
  stops('suppression by the API', 'middle', false, suppress),
  stops('contact deleted', 'middle', false, async (play, _phone, id) =>
    (await play.stage.api.raw('DELETE', `/Contact/${id}`)).status === 204 ? 200 : 0,
  ),
  ...cancel,
  ...pause,
  {
    area: 'people',
    fault: 'pause and resume in quick turn',
    phase: 'middle, ten times',
    run: at('middle', async (play) => {
      for (let i = 0; i < 10; i++) {
        await statusOf(play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/pause`))
        await play.pause(play.chance() * 200)
        await statusOf(play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/resume`))
      }
    }),
  },
  {
    area: 'people',
    fault: 'cancel with kill -9 right behind',
    phase: 'middle',
    isQuick: true,
    run: at('middle', async (play) => {
      await play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/cancel`)
      play.allowDoubt()
      await play.sender().kill()
      await play.sender().start()
    }),
    expect: { end: 'Cancelled' },
  },
  {
    area: 'people',
    fault: 'quick-run pressed forty times at once',
    phase: 'launch, on two APIs and two workers',
    isQuick: true,
    stage: { apis: 2, workers: 2 },
    async run(play) {
      const id = await play.create()
      const apis = play.stage.actors.filter(({ role }) => role === 'api')
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          fetch(`${apis[i % apis.length]?.url}/api/v1/WhatsappCampaign/${id}/quick-run`, {
            method: 'POST',
            headers: { authorization: `Bearer ${play.stage.api.key}` },
          }).then(({ status }) => status),
        ),
      )
      play.follow(id)
      play.claim(
        answers.filter((status) => status === 202).length === 1,
        `started ${answers.filter((status) => status === 202).length} times`,
      )
      play.claim(
        answers.every((status) => status === 202 || status === 409),
        `answers ${[...new Set(answers)]}`,
      )
    },
  },
  {
    area: 'people',
    fault: 'the same quick-run repeated by its idempotency key',
    phase: 'launch, with kill -9 between',
    async run(play) {
      const id = await play.create()
      const press = () => play.stage.api.call('POST', `/WhatsappCampaign/${id}/quick-run`, undefined, { 'idempotency-key': 'press-1' })
      await press()
      play.follow(id)
      await play.reached('first')
      play.allowDoubt()
      await play.sender().kill()
      await play.sender().start()
      play.claim((await statusOf(press())) === 200, 'the repeated press was refused')
    },
  },
  {
    area: 'people',
    fault: 'tags edited',
    phase: 'freeze',
    isQuick: true,
    stage: { people: 600 },
    async run(play) {
      const ids = [...(await contactIds(play)).values()]
      const tag = async (add: string[], remove: string[], some: string[]) =>
        play.stage.api.call('POST', '/Contact/bulk-tags', { contactIds: some, add, remove })
      await tag(['Chosen'], [], ids.slice(0, 300))
      const editing = (async () => {
        for (let i = 0; i < 10; i++) {
          await tag([], ['Chosen'], ids.slice(i * 30, i * 30 + 15))
          await tag(['Chosen'], [], ids.slice(300 + i * 30, 315 + i * 30))
        }
      })()
      await play.pause(play.chance() * 60)
      await play.launch({ contactFilter: { tags: ['Chosen'] } })
      await editing
      const { counts } = await until(
        'the freeze',
        () => play.campaign(),
        (seen) => seen.counts.audience > 0,
        10_000,
        20,
      )
      play.claim(counts.audience >= 150 && counts.audience <= 450, `an audience of ${counts.audience}`)
    },
    expect: { isAudienceOpen: true },
  },
  {
    area: 'people',
    fault: 'contacts imported again and renamed',
    phase: 'middle',
    run: at('middle', async (play) => {
      const { importPeople } = await import('../../world.ts')
      await importPeople(play.stage.api, play.stage.people, { seed: 99 })
    }),
  },
  {
    area: 'people',
    fault: 'two campaigns to the same people at once',
    phase: 'throughout',
    async run(play) {
      const other = await play.create({ name: 'Other' })
      await play.launch()
      await play.stage.api.call('POST', `/WhatsappCampaign/${other}/quick-run`)
      await until(
        'the other to end',
        () => play.stage.api.call<{ status: string; counts: { audience: number; pending: number } }>('GET', `/WhatsappCampaign/${other}`),
        ({ status }) => status === 'Completed',
        60_000,
        200,
      )
      await play.isOver()
      const perCampaign = new Map<string, number>()
      for (const { callbackData } of play.simulator.ledger.entries({ kind: 'accepted' })) {
        const campaign = callbackData?.split('.')[2] ?? ''
        perCampaign.set(campaign, (perCampaign.get(campaign) ?? 0) + 1)
      }
      play.claim(
        perCampaign.size === 2 && [...perCampaign.values()].every((n) => n === play.stage.people),
        `messages per campaign: ${[...perCampaign.values()]}`,
      )
      play.claim(play.simulator.ledger.summary().doubles === 0, 'somebody got one of them twice')
    },
  },
  {
    area: 'people',
    fault: 'Unknown sent again by a person',
    phase: 'after the end',
    stage: { window: 32 },
    async run(play) {
      play.simulator.setFaults([{ match: { every: 10 }, when: 'before-accept', action: { kind: 'reset' } }])
      await play.launch()
      const { counts } = await play.isOver()
      play.claim(counts.unknown > 12, 'nobody was in doubt')
      play.simulator.setFaults([])
      const before = play.simulator.ledger.summary().accepted
      await play.stage.api.call('POST', `/WhatsappCampaign/${play.campaignId}/unknown`, { action: 'resend' })
      await until(
        'the linked campaign to reach them',
        async () => play.simulator.ledger.summary().accepted - before,
        (n) => n >= counts.unknown,
        20_000,
      )
      await play.pause(1_000)
      play.claim(play.simulator.ledger.summary().accepted - before === counts.unknown, 'others than the Unknown were messaged')
      play.claim((await play.campaign()).counts.unknown === counts.unknown, 'the first campaign’s own record changed')
    },
  },
]
