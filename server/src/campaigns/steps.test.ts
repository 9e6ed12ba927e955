import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { run, sql } from '../platform/db.ts'
import { type TestApp, testApp } from '../platform/test-app.ts'
import { freezeCampaign } from './freeze.ts'
import type { CampaignStatus } from './status.ts'
import { addContacts, type TestWorld, testWorld } from './test-campaign.ts'

let t: TestApp
let world: TestWorld
before(async () => {
  t = await testApp()
  world = await testWorld(t)
  await addContacts(t, 5, { tag: 'Steps' })
})
after(() => t.drop())

const later = () => new Date(Date.now() + 86_400_000).toISOString()
const body = (scheduledAt: string | null = null) => ({
  name: 'Steps',
  templateId: world.plainTemplateId,
  contactFilter: { tags: ['Steps'] },
  scheduledAt,
})

/** A campaign in this status, reached by the routes where a route reaches it. */
async function inStatus(status: CampaignStatus): Promise<string> {
  const { body: made } = await t.request('POST', 'WhatsappCampaign', { body: body(status === 'Scheduled' ? later() : null) })
  if (status !== 'Draft' && status !== 'Scheduled') {
    await t.request('POST', `WhatsappCampaign/${made.id}/quick-run`)
    await freezeCampaign(t.deps, t.workspaceId, made.id)
  }
  if (status === 'Cancelled') await t.request('POST', `WhatsappCampaign/${made.id}/cancel`)
  if (status === 'Completed' || status === 'Failed')
    await run(
      t.deps.pool,
      sql`UPDATE campaign SET status = ${status}, completed_at = now() WHERE workspace_id = ${t.workspaceId} AND id = ${made.id}`,
    )
  const { body: now } = await t.request('GET', `WhatsappCampaign/${made.id}`)
  assert.equal(now.status, status)
  return made.id
}

type Step =
  | 'edit'
  | 'quick-run'
  | 'cancel'
  | 'pause'
  | 'resume'
  | 'schedule'
  | 'unschedule'
  | 'approve'
  | 'duplicate'
  | 'resend'
  | 'unknown'
  | 'delete'
const take = (step: Step, id: string) => {
  if (step === 'edit') return t.request('PUT', `WhatsappCampaign/${id}`, { body: body() })
  if (step === 'delete') return t.request('DELETE', `WhatsappCampaign/${id}`)
  const bodies: Partial<Record<Step, unknown>> = {
    schedule: { scheduledAt: later() },
    resend: { outcome: 'Failed' },
    unknown: { action: 'giveUp' },
  }
  return t.request('POST', `WhatsappCampaign/${id}/${step}`, { body: bodies[step] })
}

/** What each step answers in each status: the status of the answer, and the campaign's afterwards where it succeeds. */
const TABLE: Record<Step, Record<CampaignStatus, readonly [number, string?]>> = {
  edit: { Draft: [200, 'Draft'], Scheduled: [200, 'Draft'], Running: [409], Completed: [409], Failed: [409], Cancelled: [409] },
  'quick-run': { Draft: [202, 'Running'], Scheduled: [202, 'Running'], Running: [409], Completed: [409], Failed: [409], Cancelled: [409] },
  cancel: {
    Draft: [200, 'Cancelled'],
    Scheduled: [200, 'Cancelled'],
    Running: [200, 'Cancelled'],
    Completed: [409],
    Failed: [409],
    Cancelled: [409],
  },
  pause: { Draft: [409], Scheduled: [200, 'Scheduled'], Running: [200, 'Running'], Completed: [409], Failed: [409], Cancelled: [409] },
  resume: { Draft: [409], Scheduled: [409], Running: [409], Completed: [409], Failed: [409], Cancelled: [409] },
  schedule: { Draft: [200, 'Scheduled'], Scheduled: [200, 'Scheduled'], Running: [409], Completed: [409], Failed: [409], Cancelled: [409] },
  unschedule: { Draft: [409], Scheduled: [200, 'Draft'], Running: [409], Completed: [409], Failed: [409], Cancelled: [409] },
  approve: { Draft: [200, 'Draft'], Scheduled: [200, 'Scheduled'], Running: [409], Completed: [409], Failed: [409], Cancelled: [409] },
  duplicate: { Draft: [201], Scheduled: [201], Running: [201], Completed: [201], Failed: [201], Cancelled: [201] },
  resend: { Draft: [409], Scheduled: [409], Running: [409], Completed: [422], Failed: [422], Cancelled: [422] },
  unknown: { Draft: [409], Scheduled: [409], Running: [409], Completed: [409], Failed: [409], Cancelled: [409] },
  delete: { Draft: [204], Scheduled: [204], Running: [409], Completed: [204], Failed: [204], Cancelled: [204] },
}

for (const [step, row] of Object.entries(TABLE) as [Step, (typeof TABLE)[Step]][])
  for (const [from, [status, after]] of Object.entries(row) as [CampaignStatus, readonly [number, string?]][])
    test(`${step} in ${from} → ${status}${after === undefined ? '' : `, ${after}`}`, async () => {
      const id = await inStatus(from)
      const answer = await take(step, id)
      assert.equal(answer.status, status, JSON.stringify(answer.body))
      if (status === 409) assert.match(answer.body.detail, /\w/)
      const { status: found, body: now } = await t.request('GET', `WhatsappCampaign/${id}`)
      if (status === 204) assert.equal(found, 404, 'a deleted campaign answers like an absent one')
      else assert.equal(now.status, after ?? from, 'a refused step changes nothing')
    })

test('pause holds, says so, and resume clears it; neither twice', async () => {
  for (const from of ['Scheduled', 'Running'] as const) {
    const id = await inStatus(from)
    const paused = await t.request('POST', `WhatsappCampaign/${id}/pause`)
    assert.equal(paused.body.hold.reason, 'operator')
    assert.ok(paused.body.actions.includes('resume') && !paused.body.actions.includes('pause'))
    const resumed = await t.request('POST', `WhatsappCampaign/${id}/resume`)
    assert.equal(resumed.status, 200)
    assert.equal(resumed.body.hold, null)
    assert.equal((await t.request('POST', `WhatsappCampaign/${id}/resume`)).status, 409)
  }
})

test('schedule names a bad instant, and refuses one that has passed', async () => {
  const id = await inStatus('Draft')
  for (const [scheduledAt, code] of [
    ['2026-12-24T09:00:00', 'invalid-input'],
    ['tomorrow', 'invalid-input'],
    [new Date(Date.now() - 120_000).toISOString(), 'scheduled-in-past'],
  ] as const) {
    const answer = await t.request('POST', `WhatsappCampaign/${id}/schedule`, { body: { scheduledAt } })
    assert.equal(answer.status, 422)
    assert.equal(answer.body.code, code)
    assert.equal(answer.body.errors[0].pointer, '/scheduledAt')
  }
})
