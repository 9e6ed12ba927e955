import { randomBytes } from 'node:crypto'
import { until } from '../../api.ts'
import { at, type Cell, type Play, patiently } from '../play.ts'
import { sign } from '../webhook.ts'

/** Meta's posts to us: lost, repeated, out of order, late, early, forged, broken, and refused while we are away. */
type Webhooks = Parameters<Play['simulator']['setWebhooks']>[0]

const behaves = (
  fault: string,
  webhooks: Webhooks,
  more: {
    readonly quick?: boolean
    readonly expect?: Cell['expect']
    readonly stage?: Cell['stage']
    readonly check?: (play: Play) => void
  } = {},
): Cell => ({
  area: 'webhooks',
  fault,
  phase: 'throughout',
  isQuick: more.quick ?? false,
  ...(more.stage === undefined ? {} : { stage: more.stage }),
  async run(play) {
    play.simulator.setWebhooks(webhooks)
    await play.launch()
    await play.isOver()
    await play.simulator.idle()
    more.check?.(play)
  },
  ...(more.expect === undefined ? {} : { expect: more.expect }),
})

/** As `behaves`, with every fifth answer lost after acceptance, so that receipts have doubt to heal. */
const heals = (fault: string, webhooks: Webhooks, quick = false): Cell => ({
  area: 'webhooks',
  fault,
  phase: 'while they heal doubt',
  isQuick: quick,
  stage: { window: 32 },
  async run(play) {
    play.simulator.setWebhooks(webhooks)
    play.simulator.setFaults([{ match: { every: 12 }, when: 'after-accept', action: { kind: 'reset' } }])
    await play.launch()
    await play.isOver()
  },
})

/** Contacts 0 … n − 1, by phone. */
export async function contactIds(play: Play): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (let page = 1; ; page++) {
    const { items, totalPages } = await patiently(() =>
      play.stage.api.call<{ items: { id: string; phone: string }[]; totalPages: number }>('POST', '/Contact/getall', {
        pageNumber: page,
        pageSize: 200,
      }),
    )
    for (const { id, phone } of items) found.set(phone, id)
    if (page >= totalPages) return found
  }
}

/**
 * Promise 5: posts STOP words of many people at once, kills the server a millisecond after the first of their acknowledgements, and after
 * the restart counts, by the API, the people who are out: nobody whose post got its 2xx may be missing.
 */
export async function acknowledgedThenKilled(play: Play, rounds: number): Promise<void> {
  const contacts = [...(await contactIds(play))]
  const { webhooks, api } = play.stage
  const size = Math.floor(contacts.length / rounds)
  const acknowledged: string[] = []
  for (let round = 0; round < rounds; round++) {
    const batch = contacts.slice(round * size, (round + 1) * size)
    let isKilled: Promise<void> | undefined
    const kill = async () => {
      await play.pause(1 + play.chance() * 2)
      await play.sender().kill()
    }
    await Promise.all(
      batch.map(async ([phone, id], i) => {
        await play.pause(i * play.chance()) // spread over some milliseconds: some commit, some do not
        const status = await webhooks.post(webhooks.inbound(phone, { type: 'text', text: { body: 'Stop' } }))
        if (status !== 200) return
        acknowledged.push(id)
        isKilled ??= kill()
      }),
    )
    await (isKilled ?? kill())
    await play.sender().start()
  }
  play.claim(acknowledged.length >= rounds, `only ${acknowledged.length} posts were acknowledged`)
  const missing = async () => {
    const { items } = await api.call<{ items: { id: string; optedOutAt: string | null }[] }>('POST', '/Contact/getall', { pageSize: 200 })
    const out = new Set(items.filter(({ optedOutAt }) => optedOutAt !== null).map(({ id }) => id))
    return acknowledged.filter((id) => !out.has(id))
  }
  const left = await until('every acknowledged word to count', missing, ({ length }) => length === 0, 30_000, 500).catch(missing)
  play.claim(left.length === 0, `${left.length} of ${acknowledged.length} acknowledged posts are gone`)
}

const garbage = (play: Play): (string | Buffer)[] => [
  '',
  'null',
  '[]',
  '"text"',
  '{"object":"whatsapp_business_account","entry":{}}',
  '{"object":"whatsapp_business_account","entry":[null,{"id":7,"changes":"x"},{"changes":[{"value":{"statuses":[null,{"status":9}]}}]}]}',
  '{"entry":[{"id":"x","changes":[{"field":"messages","value":{"statuses":[{"id":"w","status":"read","timestamp":"1e99","biz_opaque_callback_data":"\\u0000"}]}}]}]}',
  `{"entry":[{"id":"${play.simulator.wabaId}","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"${play.simulator.phoneNumberId}"},"messages":[{"from":"\\ud800","id":"\\u0000","type":"text","text":{"body":"\\u0000"}}]}}]}]}`,
  '{'.repeat(5_000),
  '[['.repeat(20_000),
  randomBytes(4_000),
  Buffer.from([0xff, 0xfe, 0x00]),
]

export const webhookCells: readonly Cell[] = [
  behaves('a third of them lost', { lossShare: 0.33 }, { quick: true, expect: { isReceiptsLost: true } }),
  behaves('all of them lost', { lossShare: 1 }, { expect: { isReceiptsLost: true } }),
  behaves('every second one repeated', { duplicateShare: 0.5 }),
  behaves('every one repeated, ten times on the whole', { duplicateShare: 0.9 }),
  behaves('shuffled', { reorder: true, batchMax: 50 }),
  behaves('one at a time', { batchMax: 1 }),
  behaves('in batches of 500', { batchMax: 500, delayMs: 1_500, reorder: true }),
  behaves('3 s late', { delayMs: 3_000 }),
  behaves('earlier than the answer', {}, { stage: { simulator: { latencyMs: 700, jitterMs: 100, person: { timeScale: 0.001 } } } }),
  behaves('read without delivered', {}, { stage: { simulator: { person: { read: 1, readOnly: 1 } } } }),
  heals('repeated and shuffled', { duplicateShare: 0.6, reorder: true }, true),
  heals('4 s late', { delayMs: 4_000 }),
  {
    area: 'webhooks',
    fault: 'withheld until the end',
    phase: 'receipts',
    isQuick: true,
    stage: { window: 32 },
    async run(play) {
      play.simulator.holdWebhooks()
      play.simulator.setFaults([{ match: { every: 12 }, when: 'after-accept', action: { kind: 'truncate' } }])
      await play.launch()
      const { counts } = await play.isOver()
      play.claim(counts.unknown === Math.floor(play.stage.people / 12), `${counts.unknown} Unknown before the receipts`)
      play.claim(counts.delivered + counts.read === 0, 'delivered without a receipt')
      play.simulator.releaseWebhooks()
    },
  },
  {
    area: 'webhooks',
    fault: 'forged signatures',
    phase: 'middle',
    isQuick: true,
    run: at('middle', async (play) => {
      const contacts = [...(await contactIds(play)).keys()].slice(0, 30)
      const { webhooks, simulator } = play.stage
      for (const phone of contacts) {
        const body = webhooks.inbound(phone, { type: 'text', text: { body: 'STOP' } })
        for (const signature of [sign(body, 'another secret'), 'sha256=', '', sign(`${body} `, simulator.appSecret)])
          play.claim((await webhooks.post(body, signature)) === 401, 'a forged post was taken')
      }
      const { items } = await play.stage.api.call<{ items: { optedOutAt: string | null }[] }>('POST', '/Contact/getall', { pageSize: 200 })
      play.claim(
        items.every(({ optedOutAt }) => optedOutAt === null),
        'a forged STOP counted',
      )
    }),
  },
  {
    area: 'webhooks',
    fault: 'garbage, rightly signed',
    phase: 'middle',
    isQuick: true,
    run: at('middle', async (play) => {
      for (const body of garbage(play)) {
        const status = await play.stage.webhooks.post(body)
        play.claim(status === 200, `${JSON.stringify(body.toString('latin1').slice(0, 40))} got ${status}`)
      }
    }),
  },
  {
    area: 'webhooks',
    fault: 'refused with 503 for 4 s',
    phase: 'middle',
    isQuick: true,
    stage: { window: 32, hasNetwork: true },
    run: at('middle', async (play) => {
      play.allowDoubt()
      play.stage.network.cut()
      await play.pause(4_000)
      play.stage.network.mend()
      await until(
        'posts to be tried again',
        async () => play.simulator.ledger.summary().webhooks.retried,
        (n) => n > 0,
        15_000,
        50,
      )
    }),
  },
  {
    area: 'webhooks',
    fault: 'acknowledged, then kill -9 a millisecond later',
    phase: 'eight times',
    isQuick: true,
    stage: { people: 160 },
    async run(play) {
      await acknowledgedThenKilled(play, 8)
      play.follow(await play.create())
    },
    expect: { end: 'none', isAudienceOpen: true },
  },
]
