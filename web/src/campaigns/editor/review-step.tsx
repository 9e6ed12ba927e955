import { Anchor, Box, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconCircleX } from '@tabler/icons-react'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import classes from './editor.module.css'
import { Launch } from './launch.tsx'
import type { Step } from './problems.ts'
import { ReviewFacts } from './review-facts.tsx'
import { TestSend } from './test-send.tsx'
import { useEditor } from './use-editor.ts'
import { useSender } from './use-sender.ts'
import { Waterfall } from './waterfall.tsx'

/** Everything on one page before anything is sent. */
export function ReviewStep() {
  const { t } = useStrings()
  return (
    <Stack gap="xl">
      <Warnings />
      <ReviewFacts />
      <Summary />
      <div>
        <Title order={2} mb="xs">
          {t('editor.count')}
        </Title>
        <Waterfall />
      </div>
      <TestSend />
      <Launch />
    </Stack>
  )
}

/** What stops it and what should be known, each leading to where it is changed. */
function Warnings() {
  const { t, named } = useStrings()
  const { problems, go } = useEditor()
  const hints = useHints()
  if (problems.length === 0 && hints.length === 0) return null
  return (
    <Box component="section" aria-label={t('editor.warnings')}>
      <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }}>
        {problems.map(({ path, detail, step }) => (
          <Warning key={path} isStopping step={step} onGo={go}>
            {path === ''
              ? detail
              : `${named('editorField', path.split('.')[0] ?? '')}: ${path === 'contactFilter' ? t('editor.noCondition') : detail}`}
          </Warning>
        ))}
        {hints.map(({ text, step }) => (
          <Warning key={text} step={step} onGo={go}>
            {text}
          </Warning>
        ))}
      </Stack>
    </Box>
  )
}

interface WarningProps {
  readonly isStopping?: boolean
  readonly step: Step
  readonly children: string
  readonly onGo: (step: Step) => void
}
function Warning({ isStopping = false, step, children, onGo }: WarningProps) {
  const { t, named } = useStrings()
  const Icon = isStopping ? IconCircleX : IconAlertTriangle
  return (
    <Box component="li" className={classes.warning} data-stopping={isStopping}>
      <Icon size={17} aria-hidden style={{ flex: 'none', marginBlockStart: 2 }} />
      <Text size="sm" component="span" flex={1} className="typed">
        {children}
      </Text>
      {step !== 'review' && (
        <Anchor component="button" type="button" size="sm" c="inherit" td="underline" onClick={() => onGo(step)} style={{ flex: 'none' }}>
          {t('editor.goTo', { step: named('editorStep', step) })}
        </Anchor>
      )}
    </Box>
  )
}

/** True, worth knowing, and no reason to refuse. */
function useHints(): readonly { readonly text: string; readonly step: Step }[] {
  const { t, named } = useStrings()
  const format = useFormat()
  const { draft, template, preview, at, scheduledAt } = useEditor()
  const sender = useSender()
  const data = preview.data
  const hints: { text: string; step: Step }[] = []
  if (draft.name.trim() === '') hints.push({ text: t('editor.needsName'), step: 'message' })
  if (draft.templateId === null) hints.push({ text: t('editor.needsTemplate'), step: 'message' })
  if (template?.quality === 'RED' || template?.quality === 'YELLOW')
    hints.push({ text: t('editor.lowTemplate', { quality: named('quality', template.quality) }), step: 'message' })
  if (sender?.qualityRating === 'RED') hints.push({ text: t('editor.lowSender'), step: 'message' })
  if (at !== 'now' && (scheduledAt === undefined || scheduledAt.getTime() < Date.now()))
    hints.push({ text: t('editor.timePast'), step: 'delivery' })
  if (draft.unknownPolicy === 'resend') hints.push({ text: t('editor.doublesPossible'), step: 'delivery' })
  if (data === undefined) return hints
  if (data.eligible === 0) hints.push({ text: t('editor.nobody'), step: 'audience' })
  else if (draft.contactFilter.everyone === true) hints.push({ text: t('editor.toEveryone', { count: data.eligible }), step: 'audience' })
  const missing = data.excluded.find(({ reason }) => reason === 'missing_variable')?.count ?? 0
  if (missing > 0) hints.push({ text: t('editor.someLackValue', { count: missing }), step: 'message' })
  if (data.restFrom !== null)
    hints.push({
      text: t('editor.limitNote', { now: data.now, rest: data.eligible - data.now, time: format.exact(data.restFrom) }),
      step: 'delivery',
    })
  return hints
}

/** The choices of all steps, each with the way back to it. */
function Summary() {
  const { t, named } = useStrings()
  const format = useFormat()
  const { draft, template, scheduledText, go } = useEditor()
  const sender = useSender()
  const filter = draft.contactFilter
  const conditions = [
    ...(filter.everyone ? [t('editor.everyone')] : []),
    ...(filter.tags?.length ? [`${t(filter.tagsMatch === 'all' ? 'editor.tagsAll' : 'editor.tagsAny')}: ${filter.tags.join(', ')}`] : []),
    ...(filter.segmentId ? [t('editor.segment')] : []),
    ...(filter.attributes ?? []).map(({ key, op, value }) => `${key} ${named('comparison', op)} ${value ?? ''}`.trim()),
    ...(filter.isActive === true ? [t('editor.onlyActive')] : []),
    ...(filter.excludeTags?.length ? [t('editor.without', { tags: filter.excludeTags.join(', ') })] : []),
  ]
  const rows: readonly (readonly [string, string, Step])[] = [
    [t('editor.name'), draft.name || '–', 'message'],
    [t('editor.template'), template ? `${template.name} · ${template.language} · ${named('category', template.category)}` : '–', 'message'],
    [
      t('editor.sender'),
      sender ? [sender.displayPhoneNumber, sender.verifiedName].filter(Boolean).join(' · ') : t('editor.senderDefault'),
      'message',
    ],
    [t('editor.who'), conditions.join(' · ') || '–', 'audience'],
    [t('editor.when'), scheduledText || t('editor.whenNow'), 'delivery'],
    [
      t('editor.pace'),
      draft.ratePerSecond === null ? t('editor.rateNone') : t('editor.perSecond', { count: draft.ratePerSecond }),
      'delivery',
    ],
    ...(draft.quietHours === null
      ? []
      : [[t('editor.quietHours'), `${draft.quietHours.from} – ${draft.quietHours.to}`, 'delivery'] as const]),
    ...(draft.finishBy === null ? [] : [[t('editor.finishBy'), format.dateTime(draft.finishBy), 'delivery'] as const]),
    [t('editor.ifUnknown'), named('unknownPolicy', draft.unknownPolicy), 'delivery'],
  ]
  return (
    <section aria-label={t('editor.summary')}>
      <Title order={2} mb="xs">
        {t('editor.summary')}
      </Title>
      <dl className={classes.summary}>
        {rows.map(([label, value, step]) => (
          <div key={label} className={classes.summaryRow}>
            <dt>{label}</dt>
            <dd className="typed">{value}</dd>
            <dd>
              <Anchor
                component="button"
                type="button"
                size="sm"
                onClick={() => go(step)}
                aria-label={t('editor.changeWhat', { what: label })}
              >
                {t('editor.change')}
              </Anchor>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
