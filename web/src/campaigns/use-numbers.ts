import { queryOptions, useQuery } from '@tanstack/react-query'
import { answer, api, type Schema } from '../api/client.ts'
import { useSession } from '../session/session.tsx'

export type PhoneNumber = Schema<'PhoneNumber'>

const numbersQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['accounts', accountId, 'numbers'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/WhatsappAccount/{id}/phone-numbers', { params: { path: { id: accountId } }, signal })),
    staleTime: 30_000,
  })

/** The numbers of an account; nothing while they are not known or may not be seen. */
export function useNumbers(accountId: string | undefined) {
  const { may } = useSession()
  return useQuery({ ...numbersQuery(accountId ?? ''), enabled: accountId !== undefined && may('WhatsappAccount:View') })
}

/** What people see above the message: the name Meta verified for the number, else the workspace's. @param senderId null: the default number */
export function useSenderName(accountId: string | undefined, senderId: string | null): string {
  const { workspace } = useSession()
  const numbers = useNumbers(accountId).data?.items
  return numbers?.find(({ id, isDefault }) => (senderId === null ? isDefault : id === senderId))?.verifiedName ?? workspace.name
}
