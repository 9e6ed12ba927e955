import { Group, Paper, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { memo } from 'react'
import type { Schema } from '../../api/client.ts'
import { FailureState } from '../../parts/states.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { useFailureWords } from '../../strings/failure-words.ts'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'
import classes from './detail.module.css'
import { failuresQuery } from './queries.ts'
import { ResendButton } from './resend.tsx'

type Reason = Schema<'FailureReason'>
const GROUPS = ['failures', 'metaLimits', 'skipped'] as const

/** Why messages did not arrive, in plain words and with what to do: real failures, Meta's own limits, and who was never sent to. */
export const FailuresCard = memo(function FailuresCard({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useStrings()
  const report = useQuery(failuresQuery(campaign.id, campaign.status === 'Running'))
  const { data } = report
  const isEmpty = data !== undefined && GROUPS.every((group) => data[group].length === 0)
  const isRetryable = data !== undefined && [...data.failures, ...data.metaLimits].some(({ retryable }) => retryable)
  return (
    <Paper p="md" bg="var(--surface-card)" component="section" aria-labelledby="failures-title" aria-busy={report.isPending}>
      <Group justify="space-between" mb="xs">
        <Text component="h2" id="failures-title" fw={650} fz="h3">
          {t('campaign.failures')}
        </Text>
        {isRetryable && <ResendButton campaign={campaign} outcome="Failed" />}
      </Group>
      {data === undefined && report.error !== null && <FailureState error={report.error} onRetry={() => void report.refetch()} />}
      {isEmpty && (
        <Text size="sm" c="dimmed">
          {t('campaign.noFailures')}
        </Text>
      )}
      {data !== undefined && GROUPS.map((group) => <ReasonGroup key={group} name={group} reasons={data[group]} />)}
    </Paper>
  )
})

function ReasonGroup({ name, reasons }: { readonly name: (typeof GROUPS)[number]; readonly reasons: readonly Reason[] }) {
  const { t } = useStrings()
  if (reasons.length === 0) return null
  return (
    <section aria-label={t(`campaign.group.${name}`)}>
      <Text size="xs" c="dimmed" fw={600} mt="sm">
        {t(`campaign.group.${name}`)}
      </Text>
      {reasons.map((reason) => (
        <ReasonRow key={reason.code} reason={reason} isSkip={name === 'skipped'} />
      ))}
    </section>
  )
}

function ReasonRow({ reason, isSkip }: { readonly reason: Reason; readonly isSkip: boolean }) {
  const { t, named } = useStrings()
  const words = useFailureWords()
  const format = useFormat()
  return (
    <div className={classes.reason}>
      <Group justify="space-between" wrap="nowrap" align="baseline">
        <Text size="sm" fw={500} className="typed">
          {isSkip ? named('skipReason', reason.code) : words.titleOf(reason.code, reason.title)}{' '}
          {!isSkip && (
            <Text span size="xs" c="dimmed" fw={400} className="number">
              {reason.code}
            </Text>
          )}
        </Text>
        <Text size="sm" fw={600} className="number">
          {format.number(reason.count)}
        </Text>
      </Group>
      {reason.advice !== null && (
        <Text size="xs" c="dimmed" className="typed">
          {words.adviceOf(reason.code, reason.advice)}
          {!isSkip && !reason.retryable && ` ${t('campaign.noRetry')}`}
        </Text>
      )}
    </div>
  )
}
