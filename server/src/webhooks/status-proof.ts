import { refusalOf } from '../dispatch/outcome.ts'
import type { Proof } from '../dispatch/proof.ts'
import { STATE } from '../dispatch/state.ts'
import type { Db } from '../platform/db.ts'
import type { StatusEvent } from './events.ts'
import { contactsOf, messageByWamid } from './people.ts'

const STATE_OF = { sent: STATE.sent, delivered: STATE.delivered, read: STATE.read, failed: STATE.undelivered } as const

/** Provider times are believed within five minutes around what we know (api.md §7). */
const clamp = (at: Date, now: Date): Date => (at.getTime() > now.getTime() + 300_000 ? new Date(now.getTime() + 300_000) : at)

/** What a status proves about the recipient it was found to be about. */
export const proofOf = (
  event: StatusEvent,
  at: { readonly campaignId: string; readonly seq: number; readonly attempt: number | null },
  now: Date,
): Proof => ({
  ...at,
  state: STATE_OF[event.status],
  at: clamp(event.at, now),
  wamid: event.wamid,
  ...(event.errorCode === null ? {} : { code: event.errorCode, isRetryable: isRetryable(event.errorCode) }),
  ...(event.errorTitle === null ? {} : { title: event.errorTitle }),
  ...(event.pricing === null ? {} : { pricing: event.pricing }),
})

/** After a failed receipt a resend may help, unless the code says that this person will not work. */
const isRetryable = (code: number): boolean => {
  const refusal = refusalOf(code)
  return refusal === undefined || refusal.class !== 'never'
}

/** The message of a status that echoes no address of ours: by the person it names, then by its wamid. */
export const findByPerson = async (tx: Db, workspaceId: string, event: StatusEvent) => {
  if (event.waId === null && event.userId === null) return undefined
  const people = await contactsOf(tx, workspaceId, event)
  return people.length === 0 ? undefined : messageByWamid(tx, workspaceId, people, event.wamid)
}
