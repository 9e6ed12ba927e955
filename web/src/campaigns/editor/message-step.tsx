import { Box, Button, Checkbox, Group, SegmentedControl, Select, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import { TopicSelect } from '../../consent/topic-select.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { useStrings } from '../../strings/language.tsx'
import type { Template } from '../../templates/queries.ts'
import { quickReplies, STOP_MARK, TOPIC_MARK, withTemplate, withTopic } from './draft.ts'
import classes from './editor.module.css'
import { HeaderMedia } from './header-media.tsx'
import { Languages } from './languages.tsx'
import { TemplatePicker } from './template-picker.tsx'
import { useEditor } from './use-editor.ts'
import { useSender, useSenders } from './use-sender.ts'
import { VariableRow } from './variable-row.tsx'

/** What is sent, under which name, from which number, with which values. */
export function MessageStep() {
  const { t } = useStrings()
  const { draft, change, template, asking, errorAt } = useEditor()
  return (
    <Stack gap="lg">
      <TextInput
        label={t('editor.name')}
        description={t('editor.nameHint')}
        value={draft.name}
        maxLength={200}
        required
        onChange={(event) => change({ name: event.currentTarget.value })}
        error={errorAt('name')}
      />
      <TemplateChoice />
      {template !== undefined && (
        <>
          <Languages />
          <SenderSelect />
          <Variables template={asking ?? template} />
          <HeaderMedia template={template} />
          <TopicChoice />
          <StopButtons template={template} />
        </>
      )}
    </Stack>
  )
}

/** The template in short once it is chosen; the cards until then, or when it is to be another. */
function TemplateChoice() {
  const { t, named } = useStrings()
  const { draft, template, replace, errorAt } = useEditor()
  const [isChoosing, setChoosing] = useState(false)
  const error = errorAt('templateId')
  const isOpen = isChoosing || draft.templateId === null
  const choose = (chosen: Template) => {
    replace((old) => withTemplate(old, chosen))
    setChoosing(false)
  }
  return (
    <Box component="section" aria-label={t('editor.template')}>
      <Group justify="space-between" mb="xs">
        <Title order={2}>{t('editor.template')}</Title>
        {draft.templateId !== null && (
          <Button size="xs" variant="default" onClick={() => setChoosing(!isChoosing)} aria-expanded={isChoosing}>
            {t(isChoosing ? 'editor.keepTemplate' : 'editor.changeTemplate')}
          </Button>
        )}
      </Group>
      {!isOpen && template !== undefined && (
        <Group gap="xs">
          <Text fw={600} size="sm" className="typed">
            {template.name}
          </Text>
          <Text size="sm" c="dimmed">
            <bdi>{template.language}</bdi> · {named('category', template.category)}
          </Text>
          <StatusChip status={template.status} />
        </Group>
      )}
      {isOpen && <TemplatePicker value={draft.templateId} onChoose={choose} />}
      {error !== undefined && <FieldError>{error}</FieldError>}
      {template?.unsupportedReason != null && <FieldError>{template.unsupportedReason}</FieldError>}
    </Box>
  )
}

const FieldError = ({ children }: { readonly children: string }) => (
  <Text size="sm" mt={6} role="alert" c="var(--mantine-color-error)">
    {children}
  </Text>
)

function SenderSelect() {
  const { t, named } = useStrings()
  const { draft, change, errorAt } = useEditor()
  const numbers = useSenders().data?.items
  const sender = useSender()
  if (numbers === undefined) return null
  const standard = numbers.find(({ isDefault }) => isDefault)
  const label = (number: (typeof numbers)[number]) =>
    [number.displayPhoneNumber, number.verifiedName].filter((part) => part !== null).join(' · ')
  return (
    <Select
      label={t('editor.sender')}
      description={
        sender &&
        t('editor.senderHint', {
          quality: named('quality', sender.qualityRating),
          used: sender.usedLast24h,
          limit: sender.dailyLimit ?? named('limit', sender.messagingLimit.replace('TIER_', '')),
        })
      }
      data={[
        { value: '', label: standard ? t('editor.defaultSender', { number: label(standard) }) : t('editor.noDefaultSender') },
        ...numbers.map((number) => ({ value: number.id, label: label(number) })),
      ]}
      value={draft.senderId ?? ''}
      onChange={(id) => change({ senderId: id === '' ? null : id })}
      allowDeselect={false}
      error={errorAt('senderId')}
    />
  )
}

/** One row for each value the template asks for. */
function Variables({ template }: { readonly template: Template }) {
  const { t } = useStrings()
  const rows = template.parameters.filter(({ type }) => type !== 'media' && type !== 'unsupported')
  if (rows.length === 0) return null
  return (
    <Box component="section" aria-label={t('editor.variables')}>
      <Title order={2}>{t('editor.variables')}</Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t('editor.variablesHint')}
      </Text>
      {rows.map((parameter) => (
        <Box key={`${template.id} ${parameter.key}`} className={classes.variable}>
          <VariableRow template={template} parameter={parameter} />
        </Box>
      ))}
    </Box>
  )
}

/** What the campaign is about: whoever is out of that is left out. */
function TopicChoice() {
  const { t } = useStrings()
  const { draft, replace, errorAt } = useEditor()
  return (
    <TopicSelect
      label={t('editor.topic')}
      description={t('editor.topicHint')}
      placeholder={t('editor.topicNone')}
      value={draft.topicId ?? undefined}
      onChange={(topicId) => replace((old) => withTopic(old, topicId ?? null))}
      error={errorAt('topicId')}
    />
  )
}

/** Which quick replies end the messages to whoever presses them, and which messages. */
function StopButtons({ template }: { readonly template: Template }) {
  const { t } = useStrings()
  const { draft, change } = useEditor()
  const buttons = quickReplies(template)
  if (buttons.length === 0) return null
  const mark = (key: string, as: string | undefined) => {
    const { [key]: _, ...others } = draft.variables
    change({ variables: as === undefined ? others : { ...others, [key]: as } })
  }
  const isMarked = (key: string) => draft.variables[key] === STOP_MARK || draft.variables[key] === TOPIC_MARK
  return (
    <Checkbox.Group
      label={t('editor.stopButtons')}
      description={t('editor.stopButtonsHint')}
      value={buttons.map(({ key }) => key).filter(isMarked)}
    >
      <Stack gap="xs" mt="xs">
        {buttons.map(({ key, text }) => (
          <Group key={key} gap="md">
            <Checkbox
              value={key}
              label={<span className="typed">{text}</span>}
              onChange={(event) => mark(key, event.currentTarget.checked ? STOP_MARK : undefined)}
            />
            {draft.topicId !== null && isMarked(key) && (
              <SegmentedControl
                size="xs"
                aria-label={t('editor.stopWhat', { button: text })}
                data={[
                  { value: STOP_MARK, label: t('editor.stopAll') },
                  { value: TOPIC_MARK, label: t('editor.stopTopic') },
                ]}
                value={draft.variables[key] ?? STOP_MARK}
                onChange={(as) => mark(key, as)}
              />
            )}
          </Group>
        ))}
      </Stack>
    </Checkbox.Group>
  )
}
