import { Autocomplete, Group, Select, TagsInput, TextInput } from '@mantine/core'
import type { Schema } from '../api/client.ts'
import { useStrings } from '../strings/language.tsx'

const OPS = ['eq', 'ne', 'in', 'nin', 'contains', 'gt', 'gte', 'lt', 'lte', 'exists'] as const
const TYPES = ['text', 'number', 'date'] as const
type Row = Schema<'AttributeCondition'>

interface RowProps {
  readonly row: Row
  readonly keys: readonly string[]
  readonly error?: string | undefined
  readonly onChange: (row: Row) => void
}

/** A condition on an attribute: which, how it compares, with what. */
export function AttributeInputs({ row, keys, error, onChange }: RowProps) {
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
    <Group gap="xs" align="flex-start" wrap="wrap" flex={1}>
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
    </Group>
  )
}
