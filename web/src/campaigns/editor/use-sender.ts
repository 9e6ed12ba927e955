import { useQuery } from '@tanstack/react-query'
import type { Schema } from '../../api/client.ts'
import { useSession } from '../../session/session.tsx'
import { sendersQuery } from './queries.ts'
import { useEditor } from './use-editor.ts'

export type PhoneNumber = Schema<'PhoneNumber'>

/** The numbers of the template's account; undefined while they are not known or may not be seen. */
export function useSenders() {
  const { may } = useSession()
  const { template } = useEditor()
  const isOpen = template !== undefined && may('WhatsappAccount:View')
  return useQuery({ ...sendersQuery(template?.accountId ?? ''), enabled: isOpen })
}

/** The number it will be sent from: the one chosen, else the account's default. */
export function useSender(): PhoneNumber | undefined {
  const { draft } = useEditor()
  const numbers = useSenders().data?.items
  return numbers?.find(({ id, isDefault }) => (draft.senderId === null ? isDefault : id === draft.senderId))
}
