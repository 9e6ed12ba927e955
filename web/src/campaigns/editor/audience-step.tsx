import { Button, SegmentedControl, Select, Stack, Switch, Text } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { TagSelect } from '../../contacts/tag-select.tsx'
import { useSession } from '../../session/session.tsx'
import { useStrings } from '../../strings/language.tsx'
import { AttributeRows } from './attribute-rows.tsx'
import type { Filter } from './draft.ts'
import classes from './editor.module.css'
import { segmentChoicesQuery } from './queries.ts'
import { useEditor } from './use-editor.ts'
import { Waterfall } from './waterfall.tsx'

/** Who gets it: all conditions together, or everyone. What it comes to is counted meanwhile. */
export function AudienceStep() {
  const { t } = useStrings()
  const { draft, change, errorAt } = useEditor()
  const filter = draft.contactFilter
  /** An undefined part is taken out of the filter. */
  const set = (changes: { readonly [Part in keyof Filter]?: Filter[Part] | undefined }) =>
    change({
      contactFilter: Object.fromEntries(Object.entries({ ...filter, ...changes }).filter(([, value]) => value !== undefined)) as Filter,
    })
  const isEveryone = filter.everyone === true
  const error = errorAt('contactFilter', true)
  return (
    <Stack gap="lg">
      <SegmentedControl
        aria-label={t('editor.who')}
        data={[
          { value: 'some', label: t('editor.some') },
          { value: 'everyone', label: t('editor.everyone') },
        ]}
        value={isEveryone ? 'everyone' : 'some'}
        onChange={(who) =>
          who === 'everyone'
            ? change({ contactFilter: { everyone: true, ...(filter.excludeTags ? { excludeTags: filter.excludeTags } : {}) } })
            : set({ everyone: undefined })
        }
        style={{ alignSelf: 'flex-start' }}
      />
      {error !== undefined && (
        <Text size="sm" role="alert" className={classes.warning ?? ''}>
          {t('editor.noCondition')}
        </Text>
      )}
      {isEveryone ? (
        <Text size="sm">{t('editor.everyoneHint')}</Text>
      ) : (
        <>
          <div>
            <TagSelect
              label={t('editor.tags')}
              value={filter.tags ?? []}
              onChange={(tags) => set({ tags: tags.length === 0 ? undefined : tags })}
              error={errorAt('contactFilter.tags')}
            />
            {(filter.tags?.length ?? 0) > 1 && (
              <SegmentedControl
                mt="xs"
                size="xs"
                aria-label={t('editor.tagsMatch')}
                data={[
                  { value: 'any', label: t('editor.tagsAny') },
                  { value: 'all', label: t('editor.tagsAll') },
                ]}
                value={filter.tagsMatch ?? 'any'}
                onChange={(match) => set({ tagsMatch: match === 'all' ? 'all' : undefined })}
              />
            )}
          </div>
          <SegmentSelect value={filter.segmentId} onChange={(segmentId) => set({ segmentId })} error={errorAt('contactFilter.segmentId')} />
          <AttributeRows
            rows={filter.attributes ?? []}
            onChange={(attributes) => set({ attributes: attributes.length === 0 ? undefined : attributes })}
          />
          <Switch
            label={t('editor.onlyActive')}
            description={t('editor.onlyActiveHint')}
            checked={filter.isActive === true}
            onChange={(event) => set({ isActive: event.currentTarget.checked ? true : undefined })}
          />
          <OtherConditions filter={filter} onRemove={(part) => set({ [part]: undefined })} />
        </>
      )}
      <TagSelect
        label={t('editor.excludeTags')}
        value={filter.excludeTags ?? []}
        onChange={(tags) => set({ excludeTags: tags.length === 0 ? undefined : tags })}
        error={errorAt('contactFilter.excludeTags')}
      />
      <Waterfall />
    </Stack>
  )
}

function SegmentSelect({
  value,
  error,
  onChange,
}: {
  value: string | undefined
  error: string | undefined
  onChange(id: string | undefined): void
}) {
  const { t } = useStrings()
  const { may } = useSession()
  const segments = useQuery({ ...segmentChoicesQuery, enabled: may('Segment:View') }).data?.items ?? []
  if (segments.length === 0 && value === undefined) return null
  const isKnown = segments.some(({ id }) => id === value)
  return (
    <Select
      label={t('editor.segment')}
      placeholder={t('editor.choose')}
      data={[
        ...segments.map(({ id, name }) => ({ value: id, label: name })),
        ...(value === undefined || isKnown ? [] : [{ value, label: t('editor.segmentUnknown') }]),
      ]}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('action.clear') }}
      error={error}
    />
  )
}

/** Conditions written elsewhere, by the API or a resend: said in words, and removable. */
function OtherConditions({ filter, onRemove }: { readonly filter: Filter; onRemove(part: keyof Filter): void }) {
  const { t, named } = useStrings()
  const others: readonly (readonly [keyof Filter, string])[] = [
    ...(filter.campaign === undefined
      ? []
      : [['campaign', t('editor.byOutcome', { outcome: named('outcome', filter.campaign.outcome) })] as const]),
    ...(filter.contactIds === undefined ? [] : [['contactIds', t('editor.byContacts', { count: filter.contactIds.length })] as const]),
    ...(filter.phones === undefined ? [] : [['phones', t('editor.byPhones', { count: filter.phones.length })] as const]),
    ...(filter.importId === undefined ? [] : [['importId', t('editor.byImport')] as const]),
    ...(filter.where === undefined ? [] : [['where', t('editor.byWhere')] as const]),
    ...(filter.isActive === false ? [['isActive', t('editor.onlyInactive')] as const] : []),
  ]
  if (others.length === 0) return null
  return (
    <Stack gap="xs" align="flex-start">
      <Text size="sm" fw={500}>
        {t('editor.otherConditions')}
      </Text>
      {others.map(([part, text]) => (
        <Button
          key={part}
          size="xs"
          variant="default"
          rightSection={<IconX size={14} aria-hidden />}
          aria-label={t('editor.removeCondition', { condition: text })}
          onClick={() => onRemove(part)}
        >
          {text}
        </Button>
      ))}
    </Stack>
  )
}
