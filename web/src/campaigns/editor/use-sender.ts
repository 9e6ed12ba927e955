import type { PhoneNumber } from '../use-numbers.ts'
import { useNumbers } from '../use-numbers.ts'
import { useEditor } from './use-editor.ts'

/** The numbers of the template's account; undefined while they are not known or may not be seen. */
export const useSenders = () => useNumbers(useEditor().template?.accountId)

/** The number it will be sent from: the one chosen, else the account's default. */
export function useSender(): PhoneNumber | undefined {
  const { draft } = useEditor()
  const numbers = useSenders().data?.items
  return numbers?.find(({ id, isDefault }) => (draft.senderId === null ? isDefault : id === draft.senderId))
}
