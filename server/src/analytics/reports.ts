import { share } from '../campaigns/figures.ts'
import type { CampaignRow } from '../campaigns/queries.ts'
import type { Db } from '../platform/db.ts'
import { iso, pageOf } from '../platform/http.ts'
import { requirePeople } from '../retention/kept.ts'
import { failureAdvice, SKIP_REASONS } from './failure-catalog.ts'
import { buttonCounts, type CampaignKey, clicksByMinute, countPressers, declaredButtons, failureCounts, pressersOf } from './queries.ts'

/**
 * Clicks by button and over time; with `button` also a page of who pressed it. Independent statements, which travel together.
 * @param tx a transaction, so that they do
 */
export async function buttonReport(
  tx: Db,
  campaign: Pick<CampaignRow, 'workspace_id' | 'id' | 'delivered' | 'read' | 'clicked' | 'people_deleted_at' | 'pressers'>,
  query: { readonly button?: number | undefined; readonly page: number; readonly pageSize: number },
) {
  const { button, page, pageSize } = query
  if (button !== undefined) requirePeople(campaign)
  const [counted, declared, series, uniqueContacts, pressers] = await Promise.all([
    buttonCounts(tx, campaign),
    declaredButtons(tx, campaign),
    clicksByMinute(tx, campaign),
    campaign.pressers ?? countPressers(tx, campaign),
    button === undefined ? [] : pressersOf(tx, campaign, button, pageSize, (page - 1) * pageSize),
  ])
  const buttons = declared.map(({ number: index, button: { type, text = '' } }) => {
    const { clicks = 0, unique_contacts: people = 0 } = counted.find(({ button_index }) => button_index === index) ?? {}
    return { index, type, text, clicks, uniqueContacts: people, rate: share(people, campaign.delivered + campaign.read) }
  })
  const report = {
    totalClicks: buttons.reduce((sum, { clicks }) => sum + clicks, 0),
    uniqueContacts,
    buttons,
    series: series.map(({ at, clicks }) => ({ at: iso(at), clicks })),
  }
  if (button === undefined) return report
  const items = pressers.map((presser) => ({
    contactId: presser.contact_id,
    name: presser.name,
    phone: presser.phone,
    clicks: presser.clicks,
    firstAt: iso(presser.first_at),
    lastAt: iso(presser.last_at),
  }))
  return {
    ...report,
    contacts: pageOf(items, { pageNumber: page, pageSize }, buttons.find(({ index }) => index === button)?.uniqueContacts ?? 0),
  }
}

/** Why people were not reached, in plain words; what Meta limits for reasons of its own stands apart. */
export async function failureReport(db: Db, campaign: CampaignKey) {
  const rows = await failureCounts(db, campaign)
  const failed = rows.filter(({ kind }) => kind === 'failed').map(({ code, count }) => ({ code, count, ...failureAdvice(Number(code)) }))
  const reason = ({ code, title, advice, retryable, count }: (typeof failed)[number]) => ({ code, title, advice, retryable, count })
  const skipped = rows.filter(({ kind }) => kind === 'skipped')
  return {
    failures: failed.filter(({ isMetaLimit }) => !isMetaLimit).map(reason),
    metaLimits: failed.filter(({ isMetaLimit }) => isMetaLimit).map(reason),
    skipped: skipped.map(({ code, count }) => ({ code, title: SKIP_REASONS[code] ?? code, advice: null, retryable: false, count })),
  }
}
