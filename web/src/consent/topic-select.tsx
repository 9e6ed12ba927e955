import { Select, type SelectProps } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { topicsQuery } from './queries.ts'

interface TopicChoice extends Pick<SelectProps, 'label' | 'description' | 'placeholder' | 'error' | 'w' | 'maw'> {
  readonly value: string | undefined
  readonly onChange: (id: string | undefined) => void
}

/** One of the workspace's topics, or none; nothing at all where there is none to choose. */
export function TopicSelect({ value, onChange, ...rest }: TopicChoice) {
  const { t } = useStrings()
  const { may } = useSession()
  const topics = useQuery({ ...topicsQuery, enabled: may('Contact:View') }).data?.items ?? []
  if (topics.length === 0 && value === undefined) return null
  const isKnown = topics.some(({ id }) => id === value)
  return (
    <Select
      {...rest}
      data={[
        ...topics.map(({ id, name }) => ({ value: id, label: name })),
        ...(value === undefined || isKnown ? [] : [{ value, label: t('consent.topicGone') }]),
      ]}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('action.clear') }}
    />
  )
}
