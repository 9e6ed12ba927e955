import { Badge, Group, Text } from '@mantine/core'
import { useStrings } from '../strings/language.tsx'

/** Tags as people wrote them, the first few. */
export function Tags({ tags, shown = tags.length }: { readonly tags: readonly string[]; readonly shown?: number }) {
  const { t } = useStrings()
  return (
    <Group gap={4}>
      {tags.slice(0, shown).map((tag) => (
        <Badge key={tag} variant="light" color="gray" tt="none" fw={500} maw={160}>
          <bdi>{tag}</bdi>
        </Badge>
      ))}
      {tags.length > shown && (
        <Text span size="xs" c="dimmed">
          {t('contacts.moreTags', { count: tags.length - shown })}
        </Text>
      )}
    </Group>
  )
}
