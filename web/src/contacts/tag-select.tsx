import { Group, MultiSelect, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useFormat } from '../parts/use-format.ts'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { tagsQuery } from './queries.ts'

interface TagSelectProps {
  readonly label: string
  readonly value: readonly string[]
  readonly error?: string | undefined
  /** Without its label on screen. */
  readonly isBare?: boolean
  readonly onChange: (tags: string[]) => void
}

/** Tags with how many people have them. One that nobody has (any longer) stays, so that it can be taken away. */
export function TagSelect({ label, value, error, isBare = false, onChange }: TagSelectProps) {
  const { t } = useStrings()
  const format = useFormat()
  const { may } = useSession()
  const known = useQuery({ ...tagsQuery, enabled: may('Contact:View') }).data?.items ?? []
  const counts = new Map(known.map(({ tag, count }) => [tag, count]))
  return (
    <MultiSelect
      {...(isBare ? { 'aria-label': label } : { label })}
      placeholder={value.length === 0 ? t('editor.choose') : ''}
      data={[...new Set([...known.map(({ tag }) => tag), ...value])]}
      value={[...value]}
      onChange={onChange}
      searchable
      clearable
      limit={100}
      maxValues={50}
      clearButtonProps={{ 'aria-label': t('action.clear') }}
      nothingFoundMessage={t('editor.noTag')}
      error={error}
      renderOption={({ option }) => (
        <Group justify="space-between" w="100%" wrap="nowrap">
          <bdi className="typed">{option.value}</bdi>
          <Text size="xs" c="dimmed" className="number">
            {format.number(counts.get(option.value) ?? 0)}
          </Text>
        </Group>
      )}
    />
  )
}
