import { Group, MultiSelect, SegmentedControl, Select, TagsInput, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { segmentChoicesQuery } from '../campaigns/editor/queries.ts'
import { AttributeInputs } from '../contacts/attribute-inputs.tsx'
import { importsQuery } from '../contacts/imports/queries.ts'
import { attributeKeysQuery } from '../contacts/queries.ts'
import { TagSelect } from '../contacts/tag-select.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { BehaviourInputs } from './behaviour-inputs.tsx'
import { countryCodes } from './countries.ts'
import { DateInputs } from './date-inputs.tsx'
import { kindOf } from './kinds.ts'
import type { Leaf } from './tree.ts'

interface InputsProps {
  readonly leaf: Leaf
  readonly ownId: string | undefined
  /** What its field is called, where it has no better name. */
  readonly label: string
  readonly onChange: (leaf: Leaf) => void
}

/** The fields of one condition, by what it is about. */
export function ConditionInputs({ leaf, ownId, label, onChange }: InputsProps) {
  const { t, named } = useStrings()
  const name = named('condition', kindOf(leaf))
  if ('tags' in leaf) return <Tags leaf={leaf} onChange={onChange} />
  if ('attribute' in leaf) return <Attribute leaf={leaf} onChange={onChange} />
  if ('campaign' in leaf) return <BehaviourInputs behaviour={leaf.campaign} onChange={(campaign) => onChange({ campaign })} />
  if ('date' in leaf) return <DateInputs date={leaf.date} onChange={(date) => onChange({ date })} />
  if ('country' in leaf) return <Countries codes={leaf.country} label={name} onChange={(country) => onChange({ country })} />
  if ('language' in leaf)
    return (
      <TagsInput
        aria-label={name}
        placeholder={t('segments.languages')}
        value={[...leaf.language]}
        onChange={(language) => onChange({ language })}
        clearable
        clearButtonProps={{ 'aria-label': t('action.clear') }}
        maxTags={100}
      />
    )
  if ('segmentId' in leaf)
    return <SegmentChoice id={leaf.segmentId} ownId={ownId} label={name} onChange={(segmentId) => onChange({ segmentId })} />
  if ('importId' in leaf) return <ImportChoice id={leaf.importId} label={name} onChange={(importId) => onChange({ importId })} />
  if ('contactIds' in leaf) return <Text size="sm">{t('editor.byContacts', { count: leaf.contactIds.length })}</Text>
  if ('phones' in leaf) return <Text size="sm">{t('editor.byPhones', { count: leaf.phones.length })}</Text>
  if ('marketingOptIn' in leaf)
    return (
      <SegmentedControl
        size="xs"
        aria-label={label}
        data={(['true', 'false', 'null'] as const).map((value) => ({ value, label: t(`segments.optIn.${value}`) }))}
        value={String(leaf.marketingOptIn)}
        onChange={(value) => onChange({ marketingOptIn: value === 'null' ? null : value === 'true' })}
      />
    )
  return null // it says all by its name and by "is" or "is not"
}

type Of<Key extends string> = Extract<Leaf, { readonly [K in Key]: unknown }>

function Tags({ leaf, onChange }: { readonly leaf: Of<'tags'>; readonly onChange: (leaf: Leaf) => void }) {
  const { t } = useStrings()
  return (
    <>
      <TagSelect label={t('condition.tags')} isBare value={leaf.tags} onChange={(tags) => onChange({ ...leaf, tags })} />
      {leaf.tags.length > 1 && (
        <SegmentedControl
          mt="xs"
          size="xs"
          aria-label={t('editor.tagsMatch')}
          data={[
            { value: 'any', label: t('editor.tagsAny') },
            { value: 'all', label: t('editor.tagsAll') },
          ]}
          value={leaf.match ?? 'any'}
          onChange={(match) => onChange({ ...leaf, match: match === 'all' ? 'all' : 'any' })}
        />
      )}
    </>
  )
}

function Attribute({ leaf, onChange }: { readonly leaf: Of<'attribute'>; readonly onChange: (leaf: Leaf) => void }) {
  const { may } = useSession()
  const keys = useQuery({ ...attributeKeysQuery, enabled: may('Contact:View') }).data ?? []
  return (
    <Group>
      <AttributeInputs row={leaf.attribute} keys={keys} onChange={(attribute) => onChange({ attribute })} />
    </Group>
  )
}

function Countries({
  codes,
  label,
  onChange,
}: {
  readonly codes: readonly string[]
  readonly label: string
  onChange(codes: string[]): void
}) {
  const { t, locale } = useStrings()
  const names = new Intl.DisplayNames(locale, { type: 'region' })
  return (
    <MultiSelect
      aria-label={label}
      placeholder={codes.length === 0 ? t('editor.choose') : ''}
      data={countryCodes().map((value) => ({ value, label: names.of(value) ?? value }))}
      value={codes.map((code) => code.toUpperCase())}
      onChange={onChange}
      searchable
      clearable
      limit={60}
      clearButtonProps={{ 'aria-label': t('action.clear') }}
      nothingFoundMessage={t('palette.nothing')}
    />
  )
}

function SegmentChoice({
  id,
  ownId,
  label,
  onChange,
}: {
  readonly id: string
  readonly ownId: string | undefined
  readonly label: string
  onChange(id: string): void
}) {
  const { t } = useStrings()
  const segments = useQuery(segmentChoicesQuery).data?.items.filter((segment) => segment.id !== ownId) ?? []
  return (
    <Select
      aria-label={label}
      placeholder={t('editor.choose')}
      data={[
        ...segments.map((segment) => ({ value: segment.id, label: segment.name })),
        ...(id === '' || segments.some((segment) => segment.id === id) ? [] : [{ value: id, label: t('editor.segmentUnknown') }]),
      ]}
      value={id === '' ? null : id}
      onChange={(chosen) => onChange(chosen ?? '')}
      searchable
      nothingFoundMessage={t('palette.nothing')}
    />
  )
}

function ImportChoice({ id, label, onChange }: { readonly id: string; readonly label: string; onChange(id: string): void }) {
  const { t } = useStrings()
  const { may } = useSession()
  const imports = useQuery({ ...importsQuery(1), enabled: may('Contact:Import') }).data?.items ?? []
  return (
    <Select
      aria-label={label}
      placeholder={t('editor.choose')}
      data={[
        ...imports.map((one) => ({ value: one.id, label: one.fileName ?? one.id })),
        ...(id === '' || imports.some((one) => one.id === id) ? [] : [{ value: id, label: t('segments.olderImport') }]),
      ]}
      value={id === '' ? null : id}
      onChange={(chosen) => onChange(chosen ?? '')}
      searchable
      nothingFoundMessage={t('palette.nothing')}
    />
  )
}
