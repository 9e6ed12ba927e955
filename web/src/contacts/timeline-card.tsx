import { Anchor, Paper, Skeleton, Text, Timeline } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { FailureState } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { useSession } from '../session/session.tsx'
import { useFailureWords } from '../strings/failure-words.ts'
import { useStrings } from '../strings/language.tsx'
import { timelineQuery } from './queries.ts'

/** What happened between a person and the workspace, newest first. */
export function TimelineCard({ contactId }: { readonly contactId: string }) {
  const { t, named } = useStrings()
  const words = useFailureWords()
  const { may } = useSession()
  const timeline = useQuery(timelineQuery(contactId))
  const items = timeline.data?.items
  return (
    <Paper p="md" bg="var(--surface-card)" component="section" aria-labelledby="timeline" aria-busy={timeline.isPending} miw={0}>
      <Text component="h2" id="timeline" fw={650} fz="h3" mb="sm">
        {t('contacts.timeline')}
      </Text>
      {items === undefined && timeline.error !== null && <FailureState error={timeline.error} onRetry={() => void timeline.refetch()} />}
      {timeline.isPending && <Skeleton height={120} />}
      {items?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('contacts.nothingYet')}
        </Text>
      )}
      <Timeline bulletSize={14} lineWidth={2} active={items?.length ?? 0}>
        {items?.map(({ at, kind, detail, campaignId, campaignName, reason, errorCode, errorTitle }) => (
          <Timeline.Item
            key={`${at} ${kind} ${detail}`}
            title={
              <Text size="sm" fw={500}>
                {named('contactEvent', kind)}
              </Text>
            }
          >
            {detail !== '' && (
              <Text size="sm" className="typed" lineClamp={3}>
                {campaignId !== null && may('WhatsappCampaign:View') ? (
                  <Anchor
                    inherit
                    renderRoot={(props) => (
                      <Link to="/campaigns/$campaignId" params={{ campaignId }} search={{ recipient: contactId }} {...props} />
                    )}
                  >
                    {campaignName ?? detail}
                  </Anchor>
                ) : (
                  (campaignName ?? detail)
                )}
              </Text>
            )}
            {(reason ?? errorTitle) !== null && (
              <Text size="sm" className="typed">
                {reason === null ? words.titleOf(errorCode, errorTitle) : named('skipReason', reason)}
              </Text>
            )}
            <Text size="xs" c="dimmed" component="div">
              <When at={at} />
            </Text>
          </Timeline.Item>
        ))}
      </Timeline>
    </Paper>
  )
}
