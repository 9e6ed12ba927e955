import { Problem } from '../platform/problem.ts'

/** Refuses whatever needs the people of a campaign when they are no longer kept. Its counts, charts, failures and cost stay. */
export function requirePeople(campaign: { readonly people_deleted_at: Date | null }): void {
  if (campaign.people_deleted_at !== null)
    throw new Problem(
      'people-not-kept',
      `The people of this campaign were deleted on ${campaign.people_deleted_at.toISOString().slice(0, 10)}; its figures are kept.`,
    )
}
