import { until } from '../../api.ts'
import { at, type Cell, type Phase, type Play } from '../play.ts'

/** The store: gone, slow, broken off, cut. Every cell has a PostgreSQL of its own, and reaches it through a proxy. */
const BACK_WITHIN_MS = 30_000

/** Promise 13: while the store is away API and webhooks say 503 with Retry-After; all goes on within 30 s after it returns. */
async function away(play: Play, take: () => Promise<void> | void, give: () => Promise<void> | void, forMs = 3_000): Promise<void> {
  play.allowDoubt() // intents whose commit was not heard of, or whose owner lost its session
  await take()
  const { api, webhooks, simulator } = play.stage
  const answer = await api.raw('GET', `/WhatsappCampaign/${play.campaignId}`)
  const body = await answer.text()
  play.claim(
    answer.status === 503 && answer.headers.get('retry-after') !== null,
    `store away, but the API answered ${answer.status} ${body.slice(0, 120)}`,
  )
  const posted = await webhooks.post(webhooks.inbound('+919800000001', { type: 'text', text: { body: 'hello' } }))
  play.claim(posted === 503 || posted === 0, `store away, but a webhook got ${posted}`)
  await play.pause(forMs)
  const during = play.requests()
  await give()
  const isUnfinished = simulator.ledger.summary().accepted < play.stage.people
  if (isUnfinished)
    await until(
      'sending to go on',
      async () => play.requests(),
      (now) => now > during,
      BACK_WITHIN_MS,
      50,
    )
}

/** No intent can become durable while the store is away, so nothing may leave but what was intended before. */
async function silence(play: Play): Promise<void> {
  await play.pause(1_500)
  const before = play.requests()
  await play.pause(1_500)
  play.claim(play.requests() === before, `${play.requests() - before} requests left without a store`)
}

const every = (
  fault: string,
  phases: readonly Phase[],
  quick: readonly Phase[],
  strike: (play: Play) => Promise<void>,
  stage: Cell['stage'] = {},
): Cell[] => phases.map((phase) => ({ area: 'database', fault, phase, isQuick: quick.includes(phase), stage, run: at(phase, strike) }))

const restart = (how: 'fast' | 'immediate') => (play: Play) =>
  away(
    play,
    () => play.stage.postgres.stop(how),
    () => play.stage.postgres.start(),
    1_500,
  )

const terminate = (which: string) => async (play: Play) => {
  play.allowDoubt()
  const { postgres, databaseUrl } = play.stage
  const { rowCount } = await postgres.run(
    databaseUrl,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE '${which}'`,
  )
  play.claim((rowCount ?? 0) > 0, 'there was no connection to end')
}

export const databaseCells: readonly Cell[] = [
  ...every('PostgreSQL restarts', ['freeze', 'first', 'middle', 'last', 'receipts', 'retry'], ['middle'], restart('fast')),
  ...every('kill -9 of PostgreSQL', ['freeze', 'middle', 'last', 'receipts', 'retry'], ['middle'], restart('immediate')),
  ...every('every connection is ended', ['freeze', 'first', 'middle', 'last', 'retry'], [], terminate('%')),
  ...every('the worker’s own session is ended', ['middle'], ['middle'], terminate('fanfare-worker')),
  ...every('the worker’s own session is ended, and another worker waits', ['middle'], [], terminate('fanfare-worker'), { workers: 2 }),
  ...every('kill -9 of one backend', ['middle'], [], async (play) => {
    play.allowDoubt()
    const { postgres, databaseUrl } = play.stage
    const { rows } = await postgres.run(
      databaseUrl,
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() LIMIT 1`,
    )
    process.kill(rows[0].pid, 'SIGKILL')
  }),
  ...every('network cut for 3 s', ['first', 'middle', 'last', 'receipts'], ['middle'], async (play) =>
    away(
      play,
      async () => {
        play.stage.network.cut()
        await silence(play)
      },
      () => play.stage.network.mend(),
      0,
    ),
  ),
  ...every('network silent for 4 s', ['middle', 'last'], ['middle'], async (play) => {
    play.allowDoubt()
    play.stage.network.freeze()
    await silence(play)
    await play.pause(1_000)
    play.stage.network.mend()
  }),
  ...every(
    'network silent for 12 s, and another worker waits',
    ['middle'],
    [],
    async (play) => {
      play.allowDoubt(2)
      play.stage.network.freeze()
      await play.pause(12_000)
      play.stage.network.mend()
    },
    { workers: 2 },
  ),
  ...every(
    '40 ms slower each way',
    ['first', 'middle'],
    [],
    async (play) => {
      play.stage.network.slow(40)
      await play.isOver()
      play.stage.network.slow(0)
    },
    { people: 150 },
  ),
  ...every('a table lock held for 3 s', ['middle'], [], async (play) => {
    play.allowDoubt()
    const { postgres, databaseUrl } = play.stage
    await postgres.run(databaseUrl, `BEGIN; LOCK TABLE campaign_slice; SELECT pg_sleep(3); COMMIT`)
  }),
]
