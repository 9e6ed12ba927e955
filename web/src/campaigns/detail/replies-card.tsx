import { Anchor, Group, Paper, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { FailureState } from '../../parts/states.tsx'
import { When } from '../../parts/when.tsx'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'
import classes from './detail.module.css'
import { repliesQuery } from './queries.ts'

/** What people wrote back, latest first. */
export const RepliesCard = memo(function RepliesCard({ campaign }: { readonly campaign: Campaign }) {
  const { t, named } = useStrings()
  const replies = useQuery(repliesQuery(campaign.id, campaign.status === 'Running'))
  return (
    <Paper p="md" bg="var(--surface-card)" component="section" aria-labelledby="replies" aria-busy={replies.isPending}>
      <Text component="h2" id="replies" fw={650} fz="h3" mb="xs">
        {t('campaign.replies')}
      </Text>
      {replies.data === undefined && replies.error !== null && (
        <FailureState error={replies.error} onRetry={() => void replies.refetch()} />
      )}
      {replies.data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('campaign.noReplies')}
        </Text>
      )}
      <Stack gap="xs">
        {replies.data?.items.map(({ id, contactId, name, phone, type, text, at }) => (
          <div key={id} className={classes.reply}>
            <Group justify="space-between" wrap="nowrap">
              <Anchor
                size="xs"
                fw={600}
                className="typed"
                renderRoot={(props) => (
                  <Link
                    to="/campaigns/$campaignId"
                    params={{ campaignId: campaign.id }}
                    search={(old) => ({ ...old, recipient: contactId })}
                    resetScroll={false}
                    {...props}
                  />
                )}
              >
                {name ?? phone}
              </Anchor>
              <When at={at} size="xs" c="dimmed" />
            </Group>
            <Text size="sm" className="typed" lineClamp={3}>
              {text === '' ? named('replyType', type) : text}
            </Text>
          </div>
        ))}
        {(replies.data?.totalCount ?? 0) > 5 && (
          <Text size="xs" c="dimmed">
            {t('campaign.moreReplies', { count: (replies.data?.totalCount ?? 0) - 5 })}
          </Text>
        )}
      </Stack>
    </Paper>
  )
})
