import type { HoldReason } from '../dispatch/holds.ts'

/** What to do about a hold, in one sentence each; docs/operations.md says more. `mends`: it ends by itself, or a person meant it. */
export const HOLD_ADVICE: Readonly<Record<HoldReason, { readonly mends: boolean; readonly fix: string }>> = {
  restored: { mends: false, fix: 'Find out what went out since the copy was made, cancel or edit campaigns accordingly, then resume.' },
  token_invalid: { mends: false, fix: 'Enter a new system user token in the account and verify it.' },
  account_restricted: { mends: false, fix: 'Read what Meta’s Business Manager says of the account, appeal or wait there, then resume.' },
  payment: { mends: false, fix: 'Mend the payment method in Meta’s Business Manager, then resume.' },
  template_paused: { mends: false, fix: 'See the template’s status: wait until Meta releases it, or send with another one.' },
  ambiguity_breaker: { mends: false, fix: 'Check the network to Meta, wait for the receipts of the Unconfirmed, then resume.' },
  circuit_breaker: { mends: false, fix: 'Read the failures of the campaign, correct template variables or media, then resume.' },
  clock: { mends: false, fix: 'Synchronise the machine’s clock by NTP; the hold is lifted by itself within seconds.' },
  low_disk: { mends: false, fix: 'Make room on the disk of the database; the hold is lifted by itself within seconds.' },
  provider_outage: { mends: true, fix: 'Check that this machine reaches Meta; sending goes on by itself when Meta answers.' },
  missed_schedule: { mends: false, fix: 'Run the campaign now, or schedule it again.' },
  awaiting_approval: { mends: true, fix: 'Let somebody who may run campaigns approve it.' },
  operator: { mends: true, fix: 'Resume the campaign when whoever paused it agrees.' },
  quality_pending: { mends: true, fix: 'Wait for Meta’s assessment of the template; sending goes on by itself.' },
  canary: {
    mends: true,
    fix: 'Wait for the receipts of the first people; where these say no, look at the failures, then resume or cancel.',
  },
  limit_reached: { mends: true, fix: 'Wait until room frees within 24 hours; sending goes on by itself.' },
}
