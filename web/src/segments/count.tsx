import { Anchor, Box, Divider, Group, Loader, Paper, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { callName } from '../contacts/queries.ts'
import { AsOf } from '../parts/as-of.tsx'
import { FailureState } from '../parts/states.tsx'
import { useFormat } from '../parts/use-format.ts'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { countQuery } from './queries.ts'

/** How many people the conditions mean now, and some of them. @param props.filter as JSON; undefined while it is half filled */
export function Count({ filter }: { readonly filter: string | undefined }) {
  const { t } = useStrings()
  const format = useFormat()
  const { may } = useSession()
  const { data, error, isFetching, dataUpdatedAt, refetch } = useQuery({
    ...countQuery(filter ?? ''),
    enabled: filter !== undefined && may('Contact:View'),
  })
  return (
    <Paper
      component="section"
      aria-label={t('segments.count')}
      aria-busy={isFetching}
      p="lg"
      bg="var(--surface-card)"
      pos="sticky"
      top={72}
    >
      <Group justify="space-between">
        <Title order={2} size="h3">
          {t('segments.count')}
        </Title>
        {isFetching && <Loader size={16} aria-hidden />}
      </Group>
      {filter === undefined && (
        <Text size="sm" c="dimmed" mt="sm">
          {t('segments.halfFilled')}
        </Text>
      )}
      {filter !== undefined && error !== null && <FailureState error={error} onRetry={() => void refetch()} />}
      {filter !== undefined && error === null && data !== undefined && (
        <>
          <Text fz={32} fw={650} className="number" role="status">
            {format.number(data.count)}
          </Text>
          <AsOf at={dataUpdatedAt} />
          {data.samples.length > 0 && (
            <>
              <Divider my="sm" />
              <Text size="xs" c="dimmed" mb="xs">
                {t('segments.samples', { count: data.samples.length })}
              </Text>
              <Stack gap={6} component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
                {data.samples.map((contact) => (
                  <Box component="li" key={contact.id} miw={0}>
                    <Anchor
                      size="sm"
                      className="typed"
                      renderRoot={(props) => <Link to="/contacts/$contactId" params={{ contactId: contact.id }} {...props} />}
                    >
                      {callName(contact)}
                    </Anchor>
                    {contact.name !== null && contact.phone !== null && (
                      <Text size="xs" c="dimmed">
                        <bdi dir="ltr">{contact.phone}</bdi>
                      </Text>
                    )}
                  </Box>
                ))}
              </Stack>
            </>
          )}
        </>
      )}
    </Paper>
  )
}
