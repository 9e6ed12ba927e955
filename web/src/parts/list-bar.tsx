import { Group } from '@mantine/core'
import { AsOf } from './as-of.tsx'
import { SearchField } from './search-field.tsx'

/** Above a list that is searched by one word: the search, and how old the list is. */
export function ListBar({
  label,
  q,
  at,
  onChange,
}: {
  readonly label: string
  readonly q: string | undefined
  readonly at: number
  readonly onChange: (q: string | undefined) => void
}) {
  return (
    <Group p="md" gap="sm" justify="space-between">
      <SearchField label={label} q={q} onChange={onChange} />
      <AsOf at={at} />
    </Group>
  )
}
