import { Anchor, Stack, Title } from '@mantine/core'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import classes from './editor.module.css'
import { Launch } from './launch.tsx'
import { Preflight } from './preflight.tsx'
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
      <Preflight />
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
