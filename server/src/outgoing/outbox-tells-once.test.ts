import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { addContacts, frozenCampaign } from '../campaigns/test-campaign.ts'
import { recordConsent } from '../contacts/consent.ts'
import { completeIfSettled } from '../dispatch/completion.ts'
import { makeTally } from '../dispatch/counters.ts'
import { setHold } from '../dispatch/holds.ts'
import { applyProofs, recordResults } from '../dispatch/settle.ts'
import { STATE } from '../dispatch/state.ts'
import { type Db, many, one, run, sql } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { inTransaction } from '../platform/transaction.ts'
import { recordClick } from '../webhooks/clicks.ts'
import { routeEvents } from './router.ts'
import { outgoingWorld } from './test-outgoing.ts'

const { t, world, receiver, endpoint, deliver, clear, close } = await outgoingWorld()
afterEach(clear)
after(close)

/** Everybody up to `count` of a frozen campaign has an intent and an answer with a wamid. */
async function accept(campaignId: string, count: number): Promise<void> {
  await run(
    t.deps.pool,
    sql`UPDATE campaign_slice SET cursor_seq = least(last_seq, ${count}), sending = least(last_seq, ${count}) - first_seq + 1 WHERE campaign_id = ${campaignId}`,
  )
  const acceptances = Array.from({ length: count }, (_, i) => ({
    campaignId,
    seq: i + 1,
    attempt: 1,
    wamid: `wamid.${campaignId}.${i + 1}`,
    acceptedAt: new Date(),
    intendedAt: new Date(),
    isHeld: false,
  }))
  await inTransaction(t.deps.pool, (tx) => recordResults(tx, t.workspaceId, acceptances, []))
}

test('a campaign’s whole life reaches an endpoint, signed, with messages in batches of at most 500', async () => {
  const { secret } = await endpoint()
  await addContacts(t, 700, { tag: 'life' })
  const campaignId = await frozenCampaign(t, world, { tag: 'life' })
  await accept(campaignId, 700)
  const at = new Date()
  await inTransaction(t.deps.pool, (tx) =>
    applyProofs(tx, t.workspaceId, [
      { campaignId, seq: 1, attempt: 1, state: STATE.read, at, wamid: `wamid.${campaignId}.1` },
      {
        campaignId,
        seq: 2,
        attempt: 1,
        state: STATE.undelivered,
        at,
        wamid: `wamid.${campaignId}.2`,
        code: 131026,
        title: 'Message undeliverable',
      },
    ] as never),
  )
  await completeIfSettled(t.deps.pool, t.workspaceId, campaignId)
  await deliver()
  for (const { text, headers } of receiver.received) new Webhook(secret).verify(text, headers as Record<string, string>)
  const of = (type: string) => receiver.received.map(({ body }) => body).filter((body) => body.type === type)
  assert.equal(of('campaign.started')[0]?.data.campaignId, campaignId)
  assert.equal(of('campaign.completed')[0]?.data.campaignId, campaignId)
  assert.deepEqual(
    of('message.sent')
      .map(({ data }) => data.items.length)
      .sort(),
    [200, 500],
  )
  const sent = of('message.sent').flatMap(({ data }) => data.items)
  assert.equal(new Set(sent.map(({ contactId }: { contactId: string }) => contactId)).size, 700)
  assert.match(sent[0].wamid, /^wamid\./)
  assert.equal(of('message.delivered').length, 1)
  assert.equal(of('message.read')[0]?.data.items[0].at, at.toISOString())
  assert.equal(of('message.failed')[0]?.data.items[0].errorCode, 131026)
  assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, receiver.received.length)
})

test('where nobody listens to messages, none are written down for it', async () => {
  await endpoint('campaign.started')
  await addContacts(t, 20, { from: 10_000, tag: 'quiet' })
  const campaignId = await frozenCampaign(t, world, { tag: 'quiet' })
  await accept(campaignId, 20)
  const rows = await many<{ type: string }>(t.deps.pool, sql`SELECT type FROM outgoing_event`)
  assert.deepEqual(
    rows.map(({ type }) => type),
    ['campaign.started'],
  )
})

test('one row of the outbox speaks for a whole batch of messages', async () => {
  await endpoint('message.sent')
  await addContacts(t, 400, { from: 20_000, tag: 'flat' })
  await accept(await frozenCampaign(t, world, { tag: 'flat' }), 400)
  const { n } = await one<{ n: number }>(t.deps.pool, sql`SELECT count(*) AS n FROM outgoing_event`)
  assert.equal(n, 1)
})

test('holds, clicks, opt-outs and accounts that can no longer send are told, once each', async () => {
  await endpoint('campaign.held', 'button.clicked', 'contact.opted_out', 'account.disconnected')
  await addContacts(t, 2, { from: 30_000, tag: 'held' })
  const campaignId = await frozenCampaign(t, world, { tag: 'held' })
  const hold = {
    workspaceId: t.workspaceId,
    scope: 'account',
    scopeId: world.accountId,
    reason: 'token_invalid',
    detail: 'The token expired.',
  } as const
  const { contact_id } = await one<{ contact_id: string }>(
    t.deps.pool,
    sql`SELECT contact_id FROM recipient WHERE campaign_id = ${campaignId} AND seq = 1`,
  )
  const click = {
    workspaceId: t.workspaceId,
    campaignId,
    seq: 1,
    button: 1,
    clickId: 'c1',
    kind: 'quick_reply',
    isStop: false,
    text: 'Yes',
    at: new Date(),
  } as const
  const stop = { workspaceId: t.workspaceId, contactId: contact_id, source: 'word', stopped: true, saidAt: new Date() } as const
  for (let i = 0; i < 2; i++)
    await inTransaction(t.deps.pool, async (tx) => {
      await setHold(tx, hold)
      await recordClick(tx, click, makeTally())
      await recordConsent(tx, [stop])
    })
  await deliver()
  const told = receiver.received.map(({ body }) => body)
  const count = (type: string) => told.filter((body) => body.type === type).length
  assert.equal(count('account.disconnected'), 1)
  assert.equal(told.filter((body) => body.type === 'campaign.held' && body.data.campaignId === campaignId).length, 1)
  assert.deepEqual(told.find((body) => body.type === 'button.clicked').data.items[0].contactId, contact_id)
  assert.deepEqual([count('button.clicked'), count('contact.opted_out')], [1, 1])
  await run(t.deps.pool, sql`DELETE FROM hold`)
})

test('many routers at once tell everything exactly once', async () => {
  const { id } = await endpoint('campaign.started')
  const rows = Array.from({ length: 50 }, () => newId())
  for (const campaignId of rows)
    await run(
      t.deps.pool,
      sql`INSERT INTO outgoing_event (workspace_id, id, type, campaign_id) VALUES (${t.workspaceId}, ${newId()}, 'campaign.started', ${campaignId})`,
    )
  await Promise.all(Array.from({ length: 6 }, () => routeEvents(t.deps)))
  const queued = await many<{ campaign_id: string }>(t.deps.pool, sql`SELECT campaign_id FROM outgoing_delivery WHERE endpoint_id = ${id}`)
  assert.deepEqual(queued.map(({ campaign_id }) => campaign_id).sort(), rows.sort())
})

test('a settle in a workspace with no endpoint costs no statement of ours', async () => {
  await addContacts(t, 3, { from: 80_000, tag: 'cost' })
  const campaignId = await frozenCampaign(t, world, { tag: 'cost' })
  await accept(campaignId, 3)
  const texts: string[] = []
  await inTransaction(t.deps.pool, (tx) => {
    const watched: Db = {
      query(config) {
        texts.push(config.text)
        return tx.query(config)
      },
    }
    const at = new Date()
    return applyProofs(watched, t.workspaceId, [
      { campaignId, seq: 1, attempt: 1, state: STATE.delivered, at, wamid: `wamid.${campaignId}.1` },
    ] as never)
  })
  assert.ok(texts.length > 0 && texts.every((text) => !text.includes('outgoing_event')))
})
