import { Anchor, Button, Group, Paper, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ConsentDialog } from '../contacts/consent-dialog.tsx'
import type { Contact } from '../contacts/queries.ts'
import { Loaded } from '../parts/loaded.tsx'
import { When } from '../parts/when.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { Said } from './history-list.tsx'
import { contactTopicsQuery, historyQuery } from './queries.ts'

const LATEST = 5

/** Which topics a person is out of, and the latest of what they said. */
export function ConsentCard({ contact }: { readonly contact: Contact }) {
  const { t, named } = useStrings()
  const { may, workspace } = useSession()
  const topics = useQuery(contactTopicsQuery(contact.id))
  const history = useQuery(historyQuery({ contact: contact.id }, workspace.timeZone, LATEST))
  const [asked, setAsked] = useState<{ readonly id: string; readonly name: string; readonly isOut: boolean }>()
  return (
    <Paper p="md" bg="var(--surface-card)" component="section" aria-labelledby="consent" miw={0}>
      <Text component="h2" id="consent" fw={650} fz="h3" mb="sm">
        {t('area.consent')}
      </Text>
      <Stack gap="sm">
        {topics.data?.items.map(({ id, name, optedOutAt }) => (
          <Group key={id} justify="space-between" gap="xs" wrap="nowrap">
            <div style={{ minWidth: 0 }}>
              <Text size="sm" fw={500} className="typed">
                {name}
              </Text>
              <Text size="xs" c="dimmed" component="div">
                {optedOutAt === null ? (
                  t('consent.isIn')
                ) : (
                  <>
                    {t('consent.isOut')} <When at={optedOutAt} />
                  </>
                )}
              </Text>
            </div>
            {may('Contact:Edit') && (
              <Button
                size="xs"
                variant="default"
                aria-label={t(optedOutAt === null ? 'consent.outOf' : 'consent.inTo', { name })}
                onClick={() => setAsked({ id, name, isOut: optedOutAt !== null })}
              >
                {t(optedOutAt === null ? 'contacts.optOut' : 'contacts.optIn')}
              </Button>
            )}
          </Group>
        ))}
        <Loaded label={t('consent.history')} query={history} height={80}>
          {({ items, totalCount }) => (
            <>
              {items.length === 0 && (
                <Text size="sm" c="dimmed">
                  {t('consent.nothingSaid')}
                </Text>
              )}
              {items.map((event) => (
                <Group key={event.id} justify="space-between" align="flex-start" gap="xs" wrap="nowrap">
                  <div style={{ minWidth: 0 }}>
                    <Said action={event.action} topic={event.topic} />
                    <Text size="xs" c="dimmed" className="typed" lineClamp={2}>
                      {[named('consentSource', event.source), event.note, event.recordedBy].filter(Boolean).join(' · ')}
                    </Text>
                  </div>
                  <When at={event.saidAt} size="xs" c="dimmed" style={{ flexShrink: 0 }} />
                </Group>
              ))}
              {totalCount > items.length && (
                <Anchor size="sm" renderRoot={(props) => <Link to="/consent" search={{ contact: contact.id }} {...props} />}>
                  {t('consent.all', { count: totalCount })}
                </Anchor>
              )}
            </>
          )}
        </Loaded>
      </Stack>
      {asked !== undefined && <ConsentDialog contact={contact} topic={asked} onClose={() => setAsked(undefined)} />}
    </Paper>
  )
}
