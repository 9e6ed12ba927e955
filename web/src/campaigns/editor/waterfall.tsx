import { Alert, Group, Loader, Text } from '@mantine/core'
import { AsOf } from '../../parts/as-of.tsx'
import { FailureState } from '../../parts/states.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import { languageName } from '../../templates/language-name.ts'
import classes from './editor.module.css'
import { useEditor } from './use-editor.ts'

/** From everybody the conditions match down to those who get it: each reason with its number. */
export function Waterfall() {
  const { t, named, locale } = useStrings()
  const format = useFormat()
  const { preview, isPreviewStale, draft, campaign, problems } = useEditor()
  const { data, error } = preview
  if (draft.templateId === null) return <Text size="sm">{t('editor.countNeedsTemplate')}</Text>
  if (data === undefined && problems.length > 0) {
    const matched = campaign?.estimatedAudience
    const isAudienceOpen = problems.some(({ step }) => step === 'audience')
    return (
      <Alert color="gray" p="sm" role="status">
        {isAudienceOpen || matched == null ? t('editor.countNeedsAudience') : t('editor.matchedOnly', { count: matched })}
      </Alert>
    )
  }
  if (data === undefined && error !== null) return <FailureState error={error} onRetry={() => void preview.refetch()} />
  if (data === undefined)
    return (
      <Group gap="xs" role="status" aria-busy>
        <Loader size={16} />
        <Text size="sm">{t('editor.counting')}</Text>
      </Group>
    )
  return (
    <section className={classes.waterfall} data-stale={isPreviewStale} aria-label={t('editor.count')} aria-busy={isPreviewStale}>
      <dl className={classes.fall}>
        <dt>{t('editor.matched')}</dt>
        <dd className="number">{format.number(data.matched)}</dd>
        {data.excluded.map(({ reason, count }) => (
          <div key={reason} style={{ display: 'contents' }}>
            <dt className={classes.falling}>{named('excluded', reason)}</dt>
            <dd className={`${classes.falling} number`}>−{format.number(count)}</dd>
            {reason === 'opted_out' && data.optedOutOfTopic > 0 && (
              <>
                <dt className={classes.falling} style={{ paddingInlineStart: 32 }}>
                  {t('editor.ofTopic')}
                </dt>
                <dd className={`${classes.falling} number`}>({format.number(data.optedOutOfTopic)})</dd>
              </>
            )}
          </div>
        ))}
        <dt style={{ fontWeight: 650 }}>{t('editor.eligible')}</dt>
        <dd className="number" style={{ fontWeight: 650, fontSize: '1.125rem' }}>
          {format.number(data.eligible)}
        </dd>
      </dl>
      {data.languages.length > 0 && (
        <dl className={classes.fall} aria-label={t('editor.languages')}>
          {data.languages.map(({ language, people, reason }) => (
            <div key={language} style={{ display: 'contents' }}>
              <dt>
                <bdi>{languageName(language, locale)}</bdi>
                {reason !== null && (
                  <Text component="span" size="xs" c="dimmed">
                    {' '}
                    {t('editor.languageNotUsed')}
                  </Text>
                )}
              </dt>
              <dd className="number">{format.number(people)}</dd>
            </div>
          ))}
        </dl>
      )}
      <Group justify="space-between" mt="sm" gap="xs">
        <Text size="xs" c="dimmed">
          {data.approximate
            ? t('editor.approximate')
            : t('editor.shareOf', { share: format.share(data.matched === 0 ? null : data.eligible / data.matched) })}
        </Text>
        <AsOf at={preview.dataUpdatedAt} />
      </Group>
    </section>
  )
}
