import type { OutgoingEvent } from '../outgoing/batch.ts'
import { type Db, maybeOne, run, sql } from '../platform/db.ts'
import type { Deps } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'

export interface Notice {
  readonly type: string
  readonly subject: string
  /** Plain text, for whoever looks after the workspace. */
  readonly body: string
}

/** Puts an e-mail in line, in the transaction of what it tells. */
export const noteMail = (tx: Db, workspaceId: string, { type, subject, body }: Notice): Promise<number> =>
  run(
    tx,
    sql`INSERT INTO notice_mail (workspace_id, id, type, subject, body) VALUES (${workspaceId}, ${newId()}, ${type}, ${subject}, ${body})`,
  )

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What an event says to people; undefined: it is none that anybody is written to about. */
export function noticeOf(event: Pick<OutgoingEvent, 'type' | 'data'>, campaignName: string, link: string): Notice | undefined {
  const { type, data } = event
  const detail = text(data.detail)
  switch (type) {
    case 'campaign.completed':
      return { type, subject: `Campaign completed: ${campaignName}`, body: `The campaign “${campaignName}” is completed.\n\n${link}` }
    case 'campaign.held':
      if (data.reason === 'operator') return undefined // a person did it, and knows
      return {
        type,
        subject: `Campaign on hold: ${campaignName}`,
        body: `The campaign “${campaignName}” waits (${text(data.reason)}).\n${detail}\n\n${link}`,
      }
    case 'number.quality':
      return {
        type,
        subject: `Phone number ${text(data.displayPhoneNumber)}: ${text(data.qualityRating) || text(data.event)}`,
        body: `Meta reports on the phone number ${text(data.displayPhoneNumber)}.\nQuality: ${text(data.qualityRating) || 'unchanged'}. Event: ${text(data.event) || 'none'}. Messaging limit: ${text(data.messagingLimit) || 'unchanged'}.`,
      }
    case 'account.disconnected':
      return {
        type,
        subject: 'A WhatsApp account is disconnected',
        body: `The account ${text(data.name)} cannot send (${text(data.reason)}).\n${detail}`,
      }
    default:
      return undefined
  }
}

/** Notices for what the outbox brought, in the router's transaction. */
export async function noticesOf(deps: Deps, tx: Db, workspaceId: string, events: readonly OutgoingEvent[]): Promise<void> {
  for (const event of events) {
    if (noticeOf(event, '', '') === undefined) continue
    const campaign =
      event.campaignId === null
        ? undefined
        : await maybeOne<{ name: string }>(
            tx,
            sql`SELECT name FROM campaign WHERE workspace_id = ${workspaceId} AND id = ${event.campaignId}`,
          )
    const notice = noticeOf(event, campaign?.name ?? '', `${deps.config.PUBLIC_URL}/campaigns/${event.campaignId ?? ''}`)
    if (notice !== undefined) await noteMail(tx, workspaceId, notice)
  }
}
