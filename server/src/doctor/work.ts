import type { HoldReason, HoldScope } from '../dispatch/holds.ts'
import { type Finding, fault, ok, warning } from './finding.ts'
import { HOLD_ADVICE } from './hold-advice.ts'

/** What waits, and who works on it. Ages are in seconds by the database's clock; null: nothing waits. */
export interface WorkFacts {
  readonly workers: number
  /** Campaigns that run or are due within a day. */
  readonly campaignsWaiting: number
  readonly holds: readonly StandingHold[]
  readonly inboxBodies: number
  readonly inboxOldestSeconds: number | null
  readonly setAside: number
  readonly importOldestSeconds: number | null
  /** Campaigns past their time that nothing holds. */
  readonly overdueCampaigns: number
  /** Running campaigns whose audience is not frozen after a minute. */
  readonly unfrozenCampaigns: number
  /** Slices whose intents should have been settled by now, result or not. */
  readonly stuckSlices: number
  readonly deliveryOldestSeconds: number | null
  readonly deliveriesDue: number
  readonly mailOldestSeconds: number | null
  readonly hasMailServer: boolean
}
export interface StandingHold {
  readonly scope: HoldScope
  readonly reason: HoldReason
  /** Number, account, template or campaign, as people call it. */
  readonly name: string
  readonly since: Date
  readonly detail: string
}

/** Bodies are applied within a second; imports, outgoing webhooks and mails within a few. */
const INBOX_STUCK_SECONDS = 60
const JOB_STUCK_SECONDS = 600

const WORKER = 'Start a process with ROLE=all or ROLE=worker on this database.'
const LOG = 'Read the worker’s log for the reason, and restart the worker.'

export function judgeWork(facts: WorkFacts): Finding[] {
  const { workers, campaignsWaiting, setAside, stuckSlices, overdueCampaigns, unfrozenCampaigns } = facts
  return [
    workers > 0
      ? ok('worker.alive', `${workers} at work.`)
      : fault('worker.alive', `No worker lives${campaignsWaiting > 0 ? `, and ${campaignsWaiting} campaigns wait` : ''}.`, WORKER),
    ...judgeHolds(facts.holds),
    judgeInbox(facts),
    setAside === 0
      ? ok('inbox.set_aside', 'Every webhook could be read.')
      : warning(
          'inbox.set_aside',
          `${setAside} webhooks could not be read and wait for a person.`,
          'Look at table webhook_set_aside: its reason says why; report what looks like a new form of Meta’s.',
        ),
    stuckSlices === 0
      ? ok('dispatch.settled', 'No send is without its result for longer than it may be.')
      : fault('dispatch.settled', `${stuckSlices} slices have sends without a result for too long.`, workers > 0 ? LOG : WORKER),
    overdueCampaigns + unfrozenCampaigns === 0
      ? ok('campaign.started', 'No campaign is late.')
      : fault(
          'campaign.started',
          `${overdueCampaigns} campaigns are past their time, ${unfrozenCampaigns} wait for their audience.`,
          workers > 0 ? LOG : WORKER,
        ),
    judgeJob('jobs.imports', 'imports', facts.importOldestSeconds, workers),
    judgeDeliveries(facts),
    judgeMail(facts),
  ]
}

function judgeHolds(holds: readonly StandingHold[]): Finding[] {
  if (holds.length === 0) return [ok('hold', 'Nothing is on hold.')]
  return holds.map(({ scope, reason, name, since, detail }) => {
    const { mends, fix } = HOLD_ADVICE[reason]
    const seen = `On hold since ${since.toISOString()}. ${detail}`
    return (mends ? warning : fault)(`hold.${reason}`, seen, fix, { subject: `${scope} ${name}` })
  })
}

function judgeInbox({ inboxBodies, inboxOldestSeconds, workers }: WorkFacts): Finding {
  const code = 'inbox.backlog'
  if (inboxOldestSeconds === null || inboxOldestSeconds < INBOX_STUCK_SECONDS) return ok(code, `${inboxBodies} webhooks wait.`)
  return fault(
    code,
    `${inboxBodies} webhooks wait, the oldest for ${inboxOldestSeconds} s: receipts and opt-outs are not applied.`,
    workers > 0 ? LOG : WORKER,
  )
}

function judgeJob(code: string, what: string, oldestSeconds: number | null, workers: number): Finding {
  if (oldestSeconds === null || oldestSeconds < JOB_STUCK_SECONDS) return ok(code, `No ${what} are stuck.`)
  return fault(code, `The oldest of ${what} waits for ${oldestSeconds} s.`, workers > 0 ? LOG : WORKER)
}

function judgeDeliveries({ deliveryOldestSeconds, deliveriesDue, workers }: WorkFacts): Finding {
  const code = 'jobs.outgoing'
  if (deliveryOldestSeconds === null || deliveryOldestSeconds < JOB_STUCK_SECONDS) return ok(code, 'Outgoing webhooks leave in time.')
  return fault(code, `${deliveriesDue} outgoing webhooks are due, the oldest for ${deliveryOldestSeconds} s.`, workers > 0 ? LOG : WORKER)
}

function judgeMail({ mailOldestSeconds, hasMailServer }: WorkFacts): Finding {
  const code = 'jobs.mail'
  if (!hasMailServer) return ok(code, 'No mail server is set: no notices are sent.')
  if (mailOldestSeconds === null || mailOldestSeconds < JOB_STUCK_SECONDS) return ok(code, 'Notices leave in time.')
  return warning(
    code,
    `The oldest notice waits for ${mailOldestSeconds} s.`,
    'Check SMTP_URL, and that the mail server takes mail from SMTP_FROM.',
  )
}
