import type pg from 'pg'
import type { ShownStatus } from '../dispatch/state.ts'
import { csvLine, csvStream, guardCell } from '../platform/csv.ts'
import type { ListedCampaign } from './recipient-rows.ts'
import { recipientItem, recipientsAfter, touches } from './recipients.ts'

const BATCH = 1_000
type Item = ReturnType<typeof recipientItem>

/** Columns of the delivery list as CSV, in their order. Text that people wrote is guarded against spreadsheet formulas. */
const CELLS: Record<string, (item: Item) => string> = {
  phone: (item) => item.phone?.replace(/^\+/, '') ?? '',
  name: (item) => guardCell(item.name ?? ''),
  status: (item) => item.status,
  kind: (item) => item.kind ?? '',
  reason: (item) => item.reason ?? '',
  errorCode: (item) => String(item.errorCode ?? ''),
  errorTitle: (item) => guardCell(item.errorTitle ?? ''),
  attempts: (item) => String(item.attempts),
  wamid: (item) => item.wamid ?? '',
  sentAt: (item) => item.sentAt ?? '',
  deliveredAt: (item) => item.deliveredAt ?? '',
  readAt: (item) => item.readAt ?? '',
  failedAt: (item) => item.failedAt ?? '',
  clicked: (item) => item.clicked.map(({ index }) => index).join(';'),
  repliedAt: (item) => item.repliedAt ?? '',
  contactId: (item) => item.contactId,
}

/** The delivery list, streamed a stretch of sequence numbers at a time, with the list's own filters. */
export function recipientsCsv(
  pool: pg.Pool,
  campaign: ListedCampaign,
  filters: { readonly searchTerm?: string | undefined; readonly status?: ShownStatus | undefined },
): ReadableStream<Uint8Array> {
  let after = 0
  return csvStream(csvLine(Object.keys(CELLS)), async () => {
    const rows = await recipientsAfter(pool, campaign, after, BATCH, filters)
    const last = rows.at(-1)
    if (last === undefined) return undefined
    after = last.seq
    const touched = await touches(pool, campaign, rows)
    const line = (item: Item) => csvLine(Object.values(CELLS).map((cell) => cell(item)))
    return rows.map((row) => line(recipientItem(row, campaign, touched))).join('')
  })
}
