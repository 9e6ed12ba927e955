import { useQueries, useQuery } from '@tanstack/react-query'
import { useSession } from '../session/session.tsx'
import { accountsQuery, numbersQuery } from '../settings/queries.ts'
import type { PhoneNumber } from './most-telling.ts'

/** Quality and connection change by the hour. */
const EVERY_MS = 60_000
/** Every number of the workspace; none while they are not known or may not be seen. */
export function useSendingNumbers(): readonly PhoneNumber[] {
  const enabled = useSession().may('WhatsappAccount:View')
  const asked = { enabled, staleTime: EVERY_MS, refetchInterval: EVERY_MS }
  const accounts = useQuery({ ...accountsQuery(1), ...asked }).data?.items ?? []
  return useQueries({
    queries: accounts.map(({ id }) => ({ ...numbersQuery(id), ...asked })),
    combine: (answers) => answers.flatMap(({ data }) => data?.items ?? []),
  })
}
