import assert from 'node:assert/strict'
import { freezeCampaign } from '../campaigns/freeze.ts'
import { addContacts } from '../campaigns/test-campaign.ts'
import { intend } from '../dispatch/intent.ts'
import { ordersOf } from '../dispatch/orders.ts'
import { testNumber } from '../dispatch/test-number.ts'
import { many, sql } from '../platform/db.ts'

/** What each test has for itself: a topic, and four contacts with a tag of their own. */
export interface Own {
  tag: string
  /** Contacts of the tag, in the order of their ids: the order in which a freeze numbers them. */
  people: string[]
  offers: string
}

/** A number with its lease, topics, and campaigns about them to the contacts of the test. */
export async function topicWorld() {
  const n = await testNumber()
  const { t } = n
  let made = 0
  const topic = async (name = `Topic ${++made}`): Promise<string> => (await t.request('POST', 'Topic', { body: { name } })).body.id
  const own: Own = { tag: '', people: [], offers: '' }
  /** Before each test: another topic, other contacts. */
  async function renew(): Promise<void> {
    own.tag = `T${++made}`
    own.offers = await topic()
    await addContacts(t, 4, { from: 1_000 * made, tag: own.tag })
    own.people = (
      await many<{ id: string }>(
        t.deps.pool,
        sql`SELECT id FROM contact WHERE workspace_id = ${t.workspaceId} AND ${own.tag} = ANY(tags) ORDER BY id`,
      )
    ).map(({ id }) => id)
  }

  const optOut = (id: string | undefined, topicId?: string) =>
    t.request('POST', `Contact/${id}/opt-out`, { body: { source: 'shop', ...(topicId ? { topicId } : {}) } })
  const optIn = (id: string | undefined, topicId?: string) =>
    t.request('POST', `Contact/${id}/opt-in`, { body: { source: 'shop', ...(topicId ? { topicId } : {}) } })
  const campaignBody = (topicId: string | null, more: object = {}) => ({
    name: 'Offers of May',
    templateId: n.world.templateId,
    contactFilter: { tags: [own.tag] },
    variables: { 'body.1': '{{ contact.firstName }}', 'button.0': 'https://example.com/x' },
    topicId,
    ...more,
  })
  const create = async (topicId: string | null, more: object = {}): Promise<string> => {
    const answer = await t.request('POST', 'WhatsappCampaign', { body: campaignBody(topicId, more) })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body.id
  }
  async function frozen(topicId: string | null, more: object = {}): Promise<string> {
    const id = await create(topicId, more)
    assert.equal((await t.request('POST', `WhatsappCampaign/${id}/quick-run`)).status, 202)
    assert.equal(await freezeCampaign(t.deps, t.workspaceId, id), 'frozen')
    return id
  }
  const reasons = async (id: string) =>
    Object.fromEntries(
      (
        await many<{ contact_id: string; skip_reason: string }>(
          t.deps.pool,
          sql`SELECT r.contact_id, m.skip_reason FROM message m JOIN recipient r USING (workspace_id, campaign_id, seq)
               WHERE m.workspace_id = ${t.workspaceId} AND m.campaign_id = ${id} AND m.state = 3`,
        )
      ).map(({ contact_id, skip_reason }) => [contact_id, skip_reason]),
    )
  /** The intent of a whole campaign by the orders that a driver reads. @returns who is sent to */
  async function sendTo(id: string): Promise<string[]> {
    const orders = await ordersOf(t.deps.pool, t.deps.config, [{ workspaceId: t.workspaceId, numberId: n.world.numberId }])
    const campaigns = orders.get(n.world.numberId)?.campaigns ?? []
    const campaign = campaigns.find((one) => one.id === id)
    assert.ok(campaign)
    const result = await intend(t.deps.pool, campaign, n.lease, { sliceNo: 0, fromSeq: 0, upToSeq: own.people.length, unsendable: [] })
    assert.ok(result.kind === 'intended')
    return result.intended.map(({ seq }) => own.people[seq - 1] ?? '')
  }

  return { n, t, own, renew, topic, optOut, optIn, campaignBody, create, frozen, reasons, sendTo }
}
