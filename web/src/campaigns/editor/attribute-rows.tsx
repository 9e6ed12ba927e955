import { ActionIcon, Box, Button, Group, Stack, Text } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { AttributeInputs } from '../../contacts/attribute-inputs.tsx'
import { attributeKeysQuery } from '../../contacts/queries.ts'
import { useSession } from '../../session/session.tsx'
import { useStrings } from '../../strings/language.tsx'
import type { AttributeCondition } from './draft.ts'
import { useEditor } from './use-editor.ts'

type Row = AttributeCondition

/** Conditions on attributes; a row counts as soon as it is whole. */
export function AttributeRows({ rows, onChange }: { readonly rows: readonly Row[]; readonly onChange: (rows: Row[]) => void }) {
  const { t } = useStrings()
  const { errorAt } = useEditor()
  const { may } = useSession()
  const keys = useQuery({ ...attributeKeysQuery, enabled: rows.length > 0 && may('Contact:View') }).data ?? []
  return (
    <Stack gap="xs" component="section" aria-label={t('editor.attributes')}>
      {rows.length > 0 && (
        <Text size="sm" fw={500}>
          {t('editor.attributes')}
        </Text>
      )}
      {rows.map((row, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no other name than its place
        <Group key={i} gap="xs" align="flex-start" wrap="nowrap">
          <AttributeInputs
            row={row}
            keys={keys}
            error={errorAt(`contactFilter.attributes.${i}`)}
            onChange={(changed) => onChange(rows.map((old, at) => (at === i ? changed : old)))}
          />
          <Box pt={3}>
            <ActionIcon
              aria-label={t('editor.removeCondition', { condition: row.key })}
              onClick={() => onChange(rows.filter((_, at) => at !== i))}
            >
              <IconTrash size={17} aria-hidden />
            </ActionIcon>
          </Box>
        </Group>
      ))}
      <Button
        variant="default"
        size="xs"
        leftSection={<IconPlus size={14} aria-hidden />}
        style={{ alignSelf: 'flex-start' }}
        onClick={() => onChange([...rows, { key: '', op: 'eq', value: '' }])}
      >
        {t('editor.addAttribute')}
      </Button>
    </Stack>
  )
}
