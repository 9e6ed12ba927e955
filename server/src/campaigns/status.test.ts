import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actionsOf, CAMPAIGN_STATUSES, type CampaignEvent, type CampaignStatus, isEditable, nextStatus, type Standing } from './status.ts'

/** Every move that api.md §3.2 allows; all others are refused. */
const ALLOWED: readonly (readonly [string, CampaignEvent, string])[] = [
  ['Draft', 'schedule', 'Scheduled'],
  ['Draft', 'start', 'Running'],
  ['Draft', 'cancel', 'Cancelled'],
  ['Scheduled', 'schedule', 'Scheduled'],
  ['Scheduled', 'unschedule', 'Draft'],
  ['Scheduled', 'start', 'Running'],
  ['Scheduled', 'fail', 'Failed'],
  ['Scheduled', 'cancel', 'Cancelled'],
  ['Running', 'complete', 'Completed'],
  ['Running', 'fail', 'Failed'],
  ['Running', 'cancel', 'Cancelled'],
]
const EVENTS: readonly CampaignEvent[] = ['schedule', 'unschedule', 'start', 'complete', 'fail', 'cancel']

for (const from of CAMPAIGN_STATUSES)
  for (const event of EVENTS) {
    const to = ALLOWED.find(([status, what]) => status === from && what === event)?.[2]
    test(`${from} + ${event} → ${to ?? 'refused'}`, () => assert.equal(nextStatus(from, event), to))
  }

test('only drafts and scheduled campaigns can be edited', () =>
  assert.deepEqual(CAMPAIGN_STATUSES.filter(isEditable), ['Draft', 'Scheduled']))

const everything = () => true
const standing = (status: CampaignStatus, more: Partial<Standing> = {}): Standing => ({
  status,
  hold: null,
  isFrozen: status === 'Running' || status === 'Completed',
  hasPeople: true,
  unknown: 0,
  ...more,
})
for (const [what, campaign, actions] of [
  ['a Draft', standing('Draft'), ['edit', 'run', 'schedule', 'cancel', 'testSend', 'duplicate', 'delete']],
  ['a Scheduled', standing('Scheduled'), ['edit', 'run', 'schedule', 'unschedule', 'pause', 'cancel', 'testSend', 'duplicate', 'delete']],
  [
    'a paused Scheduled',
    standing('Scheduled', { hold: 'operator' }),
    ['edit', 'run', 'schedule', 'unschedule', 'resume', 'cancel', 'testSend', 'duplicate', 'delete'],
  ],
  [
    'a Scheduled that waits for approval',
    standing('Scheduled', { hold: 'awaiting_approval' }),
    ['edit', 'run', 'schedule', 'unschedule', 'approve', 'resume', 'cancel', 'testSend', 'duplicate', 'delete'],
  ],
  ['a Running', standing('Running'), ['pause', 'cancel', 'duplicate']],
  ['a held Running', standing('Running', { hold: 'template_paused' }), ['resume', 'cancel', 'duplicate']],
  ['a Running with doubt', standing('Running', { unknown: 1 }), ['pause', 'cancel', 'decideUnknown', 'duplicate']],
  ['a Completed', standing('Completed'), ['resend', 'duplicate', 'delete']],
  ['a Completed with doubt', standing('Completed', { unknown: 3 }), ['resend', 'decideUnknown', 'duplicate', 'delete']],
  ['a Failed', standing('Failed'), ['duplicate', 'delete']],
  ['a Cancelled that never had people', standing('Cancelled'), ['duplicate', 'delete']],
  ['a Completed whose people are no longer kept', standing('Completed', { hasPeople: false, unknown: 3 }), ['duplicate', 'delete']],
  ['a Cancelled that had people', standing('Cancelled', { isFrozen: true }), ['resend', 'duplicate', 'delete']],
] as const)
  test(`whoever may do everything may, with ${what} campaign: ${actions.join(', ')}`, () =>
    assert.deepEqual(actionsOf(campaign, everything), actions))

for (const [permission, status, actions] of [
  ['WhatsappCampaign:Edit', 'Scheduled', ['edit', 'schedule', 'unschedule']],
  ['WhatsappCampaign:Execute', 'Scheduled', ['run', 'pause', 'cancel', 'testSend']],
  ['WhatsappCampaign:Create', 'Completed', ['resend', 'duplicate']],
  ['WhatsappCampaign:Delete', 'Completed', ['delete']],
  ['WhatsappCampaign:View', 'Scheduled', []],
] as const)
  test(`${permission} alone allows, with a ${status} campaign: ${actions.join(', ') || 'nothing'}`, () =>
    assert.deepEqual(
      actionsOf(standing(status), (asked) => asked === permission),
      actions,
    ))
test('Execute alone resumes what is held', () =>
  assert.deepEqual(
    actionsOf(standing('Running', { hold: 'operator' }), (asked) => asked === 'WhatsappCampaign:Execute'),
    ['resume', 'cancel'],
  ))
