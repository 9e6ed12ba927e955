import { type Db, prepared, sql } from '../platform/db.ts'
import { type MetaEvent, readEvents } from './events.ts'

export interface InboxRow {
  readonly id: number
  readonly workspace_id: string
  readonly account_id: string
  readonly received_at: Date
  readonly text: string
}
/** The accounts and numbers of a workspace that entries of one path may speak for. */
export interface Known {
  /** WABA id → account id. */
  readonly accounts: ReadonlyMap<string, string>
  /** Meta's phone number id → our number and its account. */
  readonly numbers: ReadonlyMap<string, { readonly id: string; readonly accountId: string }>
}
/** An event with the account and number of ours it speaks for. */
export type Located<E extends MetaEvent> = E & { readonly accountId: string; readonly numberId: string | null }

/** A body that cannot be read. */
export class BadBody extends Error {}

/** Reads a body; what belongs to an account that is not ours is left out (delivery.md §5). */
export function eventsOf(row: InboxRow, known: Known): Located<MetaEvent>[] {
  let events: MetaEvent[]
  try {
    events = readEvents(row.text, row.received_at)
  } catch (error) {
    throw new BadBody(`not readable: ${(error as Error).message}`, { cause: error })
  }
  return events.flatMap((event): Located<MetaEvent>[] => {
    const accountId = known.accounts.get(event.wabaId)
    if (accountId === undefined) return []
    if (event.phoneNumberId === null) return [{ ...event, accountId, numberId: null }]
    const number = known.numbers.get(event.phoneNumberId)
    return number === undefined || number.accountId !== accountId ? [] : [{ ...event, accountId, numberId: number.id }]
  })
}

/** The account in the path, and the others of the same workspace whose webhooks the same app secret signs. */
export async function knownOf(tx: Db, workspaceId: string, pathAccountId: string): Promise<Known> {
  const accounts = await prepared<{ id: string; waba_id: string }>(
    tx,
    sql`SELECT a.id, a.waba_id FROM whatsapp_account a JOIN whatsapp_account p ON p.workspace_id = a.workspace_id
         WHERE a.workspace_id = ${workspaceId} AND p.id = ${pathAccountId} AND a.removed_at IS NULL
           AND (a.id = p.id OR a.app_secret_mark IS NOT DISTINCT FROM p.app_secret_mark)`,
  )
  const numbers = await prepared<{ id: string; account_id: string; phone_number_id: string }>(
    tx,
    sql`SELECT id, account_id, phone_number_id FROM phone_number WHERE workspace_id = ${workspaceId} AND removed_at IS NULL
           AND account_id = ANY(${accounts.map(({ id }) => id)}::uuid[])`,
  )
  return {
    accounts: new Map(accounts.map(({ id, waba_id }) => [waba_id, id])),
    numbers: new Map(numbers.map((number) => [number.phone_number_id, { id: number.id, accountId: number.account_id }])),
  }
}

/** Rows by workspace, workspaces in one order: a transaction that touches several locks them as every other does. */
export const byWorkspace = <Row extends { readonly workspace_id: string }>(rows: readonly Row[]): [string, Row[]][] =>
  [...Map.groupBy(rows, (row) => row.workspace_id)].sort(([a], [b]) => (a < b ? -1 : 1))
