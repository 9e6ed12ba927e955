import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actionsOf, CAMPAIGN_STATUSES, type CampaignEvent, isEditable, nextStatus } from './status.ts'

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
for (const [status, isHeld, actions] of [
  ['Draft', false, ['edit', 'run', 'schedule', 'cancel', 'testSend', 'duplicate', 'delete']],
  ['Scheduled', false, ['edit', 'run', 'schedule', 'unschedule', 'pause', 'cancel', 'testSend', 'duplicate', 'delete']],
  ['Scheduled', true, ['edit', 'run', 'schedule', 'unschedule', 'resume', 'cancel', 'testSend', 'duplicate', 'delete']],
  ['Running', false, ['pause', 'cancel', 'duplicate']],
  ['Running', true, ['resume', 'cancel', 'duplicate']],
  ['Completed', false, ['resend', 'duplicate', 'delete']],
  ['Failed', false, ['duplicate', 'delete']],
  ['Cancelled', false, ['resend', 'duplicate', 'delete']],
] as const)
  test(`whoever may do everything may, with a ${status} campaign${isHeld ? ' on hold' : ''}: ${actions.join(', ')}`, () =>
    assert.deepEqual(actionsOf(status, isHeld, everything), actions))

for (const [permission, status, actions] of [
  ['WhatsappCampaign:Edit', 'Scheduled', ['edit', 'schedule', 'unschedule']],
  ['WhatsappCampaign:Execute', 'Scheduled', ['run', 'pause', 'cancel', 'testSend']],
  ['WhatsappCampaign:Create', 'Completed', ['resend', 'duplicate']],
  ['WhatsappCampaign:Delete', 'Completed', ['delete']],
  ['WhatsappCampaign:View', 'Scheduled', []],
] as const)
  test(`${permission} alone allows, with a ${status} campaign: ${actions.join(', ') || 'nothing'}`, () =>
    assert.deepEqual(
      actionsOf(status, false, (asked) => asked === permission),
      actions,
    ))
test('Execute alone resumes what is held', () =>
  assert.deepEqual(
    actionsOf('Running', true, (asked) => asked === 'WhatsappCampaign:Execute'),
    ['resume', 'cancel'],
  ))
