import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { previewInputOf } from './draft.ts'
import { preflightQuery } from './queries.ts'
import { useEditor } from './use-editor.ts'

const REST_MS = 400

/** What the API sees of the campaign as it is written; not asked before a template is chosen. */
export function usePreflight() {
  const { draft, scheduledAt } = useEditor()
  const { canary, unknownPolicy } = draft
  const input = previewInputOf(draft, scheduledAt?.toISOString())
  const wanted = input && JSON.stringify({ ...input, canary, unknownPolicy })
  const [asked] = useDebouncedValue(wanted, REST_MS)
  const query = useQuery({
    ...preflightQuery(asked ?? '{}'),
    enabled: asked !== undefined && wanted !== undefined,
    placeholderData: (old) => old,
  })
  return { ...query, isAsked: wanted !== undefined, isStale: query.isPlaceholderData || asked !== wanted }
}
