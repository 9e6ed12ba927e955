import type { Hold } from '../dispatch/holds.ts'
import { HOLD_ADVICE } from '../doctor/hold-advice.ts'
import { type Check, type Finding, ok, people, seen, warning } from './finding.ts'

/** The number that sends, and what is heard of its account. */
export interface SenderFacts {
  readonly phone: string
  /** CONNECTED is the only good one. */
  readonly status: string
  /** GREEN, YELLOW, RED, UNKNOWN. */
  readonly quality: string
  /** Meta’s messaging tier. */
  readonly limit: string
  readonly account: string
  readonly lastWebhookAt: Date | null
}

const STATUS: Check = {
  code: 'sender.status',
  title: 'The number that sends',
  fix: 'Connect the number in Meta’s WhatsApp Manager, or choose another one.',
  pointer: '/senderId',
}
const QUALITY: Check = {
  code: 'sender.quality',
  title: 'Quality of the number',
  fix: 'Start with a canary, send to people who expect it, or use another number.',
  pointer: '/senderId',
}
const WEBHOOKS: Check = {
  code: 'webhooks',
  title: 'Receipts from Meta',
  fix: 'Verify the account, then send a test and see that its receipt arrives.',
  pointer: '',
}

export const judgeSender = ({ phone, status, quality, limit, account, lastWebhookAt }: SenderFacts): Finding[] => [
  status === 'CONNECTED'
    ? ok(STATUS, `${phone}, connected; limit ${limit}.`, seen('connected', { phone, limit }))
    : warning(STATUS, `${phone} is ${status}.`, seen('not', { phone, status })),
  quality === 'RED' || quality === 'YELLOW'
    ? warning(QUALITY, `Meta rates it ${quality === 'RED' ? 'low' : 'medium'}: a large campaign may cost it its limit.`, seen(quality))
    : ok(QUALITY, quality === 'GREEN' ? 'Meta rates it high.' : 'Meta has not rated it yet.', seen(quality)),
  lastWebhookAt === null
    ? warning(WEBHOOKS, `${account} never heard from Meta: nobody would know what became of a message.`, seen('never', { account }))
    : ok(
        WEBHOOKS,
        `${account} last heard from Meta at ${lastWebhookAt.toISOString()}.`,
        seen('last', { account, at: lastWebhookAt.toISOString() }),
      ),
]

/** What a run lifts by itself. */
const LIFTED = ['missed_schedule', 'awaiting_approval']
const HOLDS: Check = { code: 'holds', title: 'Nothing is on hold', fix: '', pointer: '' }

/** Holds stop a campaign that has started: it waits. */
export function judgeHolds(holds: readonly Hold[]): Finding[] {
  const standing = holds.filter(({ reason }) => !LIFTED.includes(reason))
  if (standing.length === 0) return [ok(HOLDS, 'Neither the number, nor its account, nor the template.', seen('none'))]
  return standing.map(({ scope, reason, detail, autoResumeAt }) => {
    const { fix } = HOLD_ADVICE[reason]
    const until = autoResumeAt === null ? '' : ` Until ${autoResumeAt.toISOString()}.`
    return warning({ code: `hold.${reason}`, title: `The ${scope} is on hold`, fix, pointer: '' }, `${detail}${until}`, null)
  })
}

const UNKNOWN: Check = {
  code: 'doubles',
  title: 'Unconfirmed messages',
  fix: 'Leave them open, unless a double does less harm than a gap.',
  pointer: '/unknownPolicy',
}
export const judgeUnknown = (unknownPolicy: string): Finding =>
  unknownPolicy === 'resend'
    ? warning(UNKNOWN, 'They are sent again: some people may get it twice.', seen('again'))
    : ok(UNKNOWN, 'Nobody is sent to twice on a mere suspicion.', seen('never'))

const APPROVAL: Check = {
  code: 'approval',
  title: 'Approval',
  fix: 'Let somebody who may run campaigns approve it as it stands.',
  pointer: '',
}
/** @param approval null: the workspace asks for none */
export const judgeApproval = (approval: { readonly isGiven: boolean } | null): Finding[] =>
  approval === null
    ? []
    : [
        approval.isGiven
          ? ok(APPROVAL, 'Given for this content.', seen('given'))
          : warning(APPROVAL, 'This workspace asks for one before a campaign starts by its schedule.', seen('missing')),
      ]

const SCHEDULE: Check = { code: 'schedule', title: 'Its time', fix: 'Choose a time that lies ahead.', pointer: '/scheduledAt' }
export function judgeSchedule(scheduledAt: Date | null, now: Date): Finding[] {
  if (scheduledAt === null) return []
  const at = scheduledAt.toISOString()
  return [
    scheduledAt < now ? warning(SCHEDULE, `${at} has passed.`, seen('passed', { at })) : ok(SCHEDULE, `${at}.`, seen('ahead', { at })),
  ]
}

/** So many that a bad message does harm before anybody sees it. */
const LARGE = 1_000
const CANARY: Check = {
  code: 'canary',
  title: 'A few people first',
  fix: 'Switch the canary on: a few go first, the rest when these are delivered.',
  pointer: '/canary',
}
const WHY = {
  number: 'the number is not rated high',
  template: 'the template is not rated high',
  unrated: 'Meta has not rated the template yet',
} as const
/** Suggested to many people from a number of low quality, or with a template that Meta has not rated or rates low. */
export function judgeCanary(facts: {
  readonly hasCanary: boolean
  readonly eligible: number
  readonly senderQuality: string
  readonly templateQuality: string
}): Finding[] {
  const { hasCanary, eligible, senderQuality, templateQuality } = facts
  if (hasCanary) return [ok(CANARY, 'A canary goes first.', seen('first'))]
  const isLow = (quality: string) => quality === 'RED' || quality === 'YELLOW'
  const isDoubtful = isLow(senderQuality) || isLow(templateQuality) || templateQuality === 'UNKNOWN'
  if (eligible < LARGE || !isDoubtful) return []
  const why = isLow(senderQuality) ? 'number' : isLow(templateQuality) ? 'template' : 'unrated'
  return [warning(CANARY, `${people(eligible)} at once, and ${WHY[why]}.`, seen(why, { count: eligible }))]
}
