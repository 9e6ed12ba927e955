import { Autocomplete, Group, Select, SimpleGrid, Text, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { attributeKeysQuery } from '../../contacts/queries.ts'
import { useSession } from '../../session/session.tsx'
import { useStrings } from '../../strings/language.tsx'
import { buttonsOf, type Template } from './draft.ts'
import { readLiquid, type Source, type SourceKind, toLiquid } from './source.ts'
import { useEditor } from './use-editor.ts'

/** Contact fields that a value may come from, as the API names them. */
const FIELDS = ['firstName', 'lastName', 'name', 'phone', 'email', 'language'] as const
type Choice = SourceKind | 'auto'

/** Where one value comes from, and what stands there for people who lack it. */
export function VariableRow({ template, parameter }: { readonly template: Template; readonly parameter: Template['parameters'][number] }) {
  const { t, named } = useStrings()
  const { draft, change, errorAt } = useEditor()
  const { key, example } = parameter
  const written = draft.variables[key] ?? ''
  const read = readLiquid(written)
  const isNamed = template.parameterFormat.toUpperCase() === 'NAMED' && parameter.type === 'text'
  // a choice without a value is no Liquid yet, so it is remembered here
  const [chosen, setChosen] = useState<Choice>()
  const kind: Choice =
    chosen ?? (written === '' && isNamed ? 'auto' : read.kind === 'text' && written === '' ? firstChoice(parameter.type) : read.kind)

  const write = (text: string) => {
    const { [key]: _, ...others } = draft.variables
    change({ variables: text === '' ? others : { ...others, [key]: text } })
  }
  const choose = (next: Choice) => {
    setChosen(next)
    if (next === 'liquid') return
    if (next === 'field') write(toLiquid({ kind: 'field', name: 'firstName', fallback: 'fallback' in read ? read.fallback : '' }))
    else write(next === 'text' && read.kind === 'text' ? read.text : '')
  }
  const source: Source | undefined =
    kind === 'auto'
      ? undefined
      : read.kind === kind
        ? read
        : kind === 'field' || kind === 'attribute'
          ? { kind, name: '', fallback: '' }
          : { kind, text: written }
  const error = errorAt(`variables.${key}`, true)
  const choices: readonly Choice[] = [...(isNamed ? (['auto'] as const) : []), 'field', 'attribute', 'text', 'liquid']
  return (
    <>
      <Group gap="xs" mb={6}>
        <Text size="sm" fw={600}>
          <Label template={template} parameterKey={key} />
        </Text>
        {example !== null && (
          <Text size="xs" c="dimmed">
            {t('editor.example')} <bdi>{example}</bdi>
          </Text>
        )}
      </Group>
      <SimpleGrid cols={{ base: 1, xs: kind === 'field' || kind === 'attribute' ? 3 : 2 }} spacing="sm" verticalSpacing="xs">
        <Select
          label={t('editor.source')}
          data={choices.map((value) => ({ value, label: named('source', value) }))}
          value={kind}
          onChange={(next) => choose(next as Choice)}
          allowDeselect={false}
        />
        {source === undefined ? (
          <Text size="sm" c="dimmed" style={{ alignSelf: 'end', paddingBlockEnd: 8 }}>
            {t('editor.autoHint')}
          </Text>
        ) : (
          <SourceValue source={source} isAddress={parameter.type === 'url'} error={error} onChange={(next) => write(toLiquid(next))} />
        )}
      </SimpleGrid>
      {source === undefined && error !== undefined && (
        <Text size="sm" role="alert" c="var(--mantine-color-error)">
          {error}
        </Text>
      )}
      {parameter.type === 'url' && (
        <Text size="xs" c="dimmed" mt={4}>
          {t('editor.linkHint')}
        </Text>
      )}
    </>
  )
}

/** An address or a code is usually the same for everybody, a word in the text is not. */
const firstChoice = (type: string): Choice => (type === 'text' ? 'field' : 'text')

function Label({ template, parameterKey }: { readonly template: Template; readonly parameterKey: string }) {
  const { t, named } = useStrings()
  const parts = parameterKey.split('.')
  const card = parts[0] === 'card' ? Number(parts[1]) + 1 : null
  const [where = '', name = ''] = card === null ? parts : parts.slice(2)
  const onCard = card === null ? null : <>{t('editor.card', { number: card })} · </>
  const button = buttonsOf(template).find(({ key }) => key === parameterKey)
  if (button !== undefined)
    return (
      <>
        {onCard}
        {t('editor.button')} “<bdi>{button.text || t('preview.copyCode')}</bdi>”
      </>
    )
  return (
    <>
      {onCard}
      {named('part', where)} {name !== '' && <bdi dir="ltr">{`{{${name}}}`}</bdi>}
    </>
  )
}

interface Value {
  readonly source: Source
  readonly isAddress: boolean
  readonly error: string | undefined
  readonly onChange: (source: Source) => void
}

function SourceValue({ source, isAddress, error, onChange }: Value) {
  const { t, named } = useStrings()
  const { may } = useSession()
  const keys = useQuery({ ...attributeKeysQuery, enabled: source.kind === 'attribute' && may('Contact:View') })
  switch (source.kind) {
    case 'text':
      return (
        <TextInput
          label={t(isAddress ? 'editor.destination' : 'editor.text')}
          {...(isAddress ? { dir: 'ltr', placeholder: 'https://' } : {})}
          maxLength={5_000}
          value={source.text}
          onChange={(event) => onChange({ ...source, text: event.currentTarget.value })}
          error={error}
        />
      )
    case 'liquid':
      return (
        <Textarea
          label="Liquid"
          placeholder="{{ contact.firstName | default: 'there' }}"
          dir="ltr"
          autosize
          minRows={1}
          maxRows={6}
          maxLength={5_000}
          ff="monospace"
          value={source.text}
          onChange={(event) => onChange({ ...source, text: event.currentTarget.value })}
          error={error}
        />
      )
    default:
      return (
        <>
          {source.kind === 'field' ? (
            <Select
              label={t('editor.field')}
              placeholder={t('editor.choose')}
              data={FIELDS.map((value) => ({ value, label: named('contactField', value) }))}
              value={source.name === '' ? null : source.name}
              onChange={(name) => onChange({ ...source, name: name ?? '' })}
              allowDeselect={false}
              error={error}
            />
          ) : (
            <Autocomplete
              label={t('editor.attribute')}
              placeholder={t('editor.choose')}
              data={keys.data ?? []}
              limit={50}
              maxLength={200}
              value={source.name}
              onChange={(name) => onChange({ ...source, name })}
              error={error}
            />
          )}
          <TextInput
            label={t('editor.fallback')}
            placeholder={t('editor.fallbackNone')}
            maxLength={1_000}
            value={source.fallback}
            disabled={source.name === ''}
            onChange={(event) => onChange({ ...source, fallback: event.currentTarget.value })}
          />
        </>
      )
  }
}
