import { ActionIcon, Autocomplete, Box, Button, Group, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useSession } from '../../session/session.tsx'
import { useStrings } from '../../strings/language.tsx'
import type { AttributeCondition } from './draft.ts'
import { attributeKeysQuery } from './queries.ts'
import { useEditor } from './use-editor.ts'

const OPS = ['eq', 'ne', 'in', 'nin', 'contains', 'gt', 'gte', 'lt', 'lte', 'exists'] as const
const TYPES = ['text', 'number', 'date'] as const
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
        <AttributeRow
          // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no other name than its place
          key={i}
          row={row}
          keys={keys}
          error={errorAt(`contactFilter.attributes.${i}`)}
          onChange={(changed) => onChange(rows.map((old, at) => (at === i ? changed : old)))}
          onRemove={() => onChange(rows.filter((_, at) => at !== i))}
        />
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

interface RowProps {
  readonly row: Row
  readonly keys: readonly string[]
  readonly error: string | undefined
  readonly onChange: (row: Row) => void
  readonly onRemove: () => void
}

function AttributeRow({ row, keys, error, onChange, onRemove }: RowProps) {
  const { t, named } = useStrings()
  const isList = row.op === 'in' || row.op === 'nin'
  const chooseOp = (op: Row['op']) => {
    const { value, ...rest } = row
    if (op === 'exists') return onChange({ ...rest, op })
    const list = op === 'in' || op === 'nin'
    const first = Array.isArray(value) ? value[0] : value
    onChange({ ...rest, op, value: list ? (first === undefined || first === '' ? [] : [first]) : (first ?? '') })
  }
  return (
    <Group gap="xs" align="flex-start" wrap="wrap">
      <Autocomplete
        aria-label={t('editor.attribute')}
        placeholder={t('editor.attribute')}
        data={[...keys]}
        limit={50}
        maxLength={200}
        value={row.key}
        onChange={(key) => onChange({ ...row, key })}
        flex="2 1 140px"
        error={error}
      />
      <Select
        aria-label={t('editor.comparison')}
        data={OPS.map((value) => ({ value, label: named('comparison', value) }))}
        value={row.op}
        onChange={(op) => op !== null && chooseOp(op as Row['op'])}
        allowDeselect={false}
        flex="2 1 140px"
      />
      {row.op !== 'exists' &&
        (isList ? (
          <TagsInput
            aria-label={t('editor.values')}
            placeholder={t('editor.values')}
            value={Array.isArray(row.value) ? row.value.map(String) : []}
            onChange={(value) => onChange({ ...row, value })}
            clearable
            clearButtonProps={{ 'aria-label': t('action.clear') }}
            flex="3 1 180px"
          />
        ) : (
          <TextInput
            aria-label={t('editor.value')}
            placeholder={t('editor.value')}
            type={row.type === 'date' ? 'date' : 'text'}
            inputMode={row.type === 'number' ? 'decimal' : 'text'}
            maxLength={1_024}
            value={Array.isArray(row.value) ? '' : String(row.value ?? '')}
            onChange={(event) => onChange({ ...row, value: event.currentTarget.value })}
            flex="2 1 140px"
          />
        ))}
      {row.op !== 'exists' && row.op !== 'contains' && (
        <Select
          aria-label={t('editor.readAs')}
          data={TYPES.map((value) => ({ value, label: named('valueType', value) }))}
          value={row.type ?? 'text'}
          onChange={(type) => onChange({ ...row, type: type as NonNullable<Row['type']> })}
          allowDeselect={false}
          flex="1 1 100px"
        />
      )}
      <Box pt={3}>
        <ActionIcon aria-label={t('editor.removeCondition', { condition: row.key })} onClick={onRemove}>
          <IconTrash size={17} aria-hidden />
        </ActionIcon>
      </Box>
    </Group>
  )
}
