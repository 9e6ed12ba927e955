import { Badge, Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { When } from '../parts/when.tsx'
import { useStrings } from '../strings/language.tsx'
import { deviceOf } from './device.ts'
import { type OwnSession, sessionsQuery } from './queries.ts'

/** Where one is signed in: this browser and the others, each of which can be ended. */
export function SessionList() {
  const { t } = useStrings()
  const sessions = useQuery(sessionsQuery)
  const [isAsking, setAsking] = useState(false)
  const others = useAct({
    run: () => answer(api.POST('/api/v1/Session/revoke-others')),
    done: ({ ended }) => {
      setAsking(false)
      return t('account.othersEnded', { count: ended })
    },
    changes: [['sessions']],
  })
  return (
    <Loaded label={t('account.sessions')} query={sessions} height={120}>
      {({ items }) => (
        <Stack>
          <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }} aria-label={t('account.sessions')}>
            {items.map((session) => (
              <SessionRow key={session.id} session={session} />
            ))}
          </Stack>
          {items.length > 1 && (
            <Group>
              <Button variant="default" onClick={() => setAsking(true)}>
                {t('account.endOthers')}
              </Button>
            </Group>
          )}
          {isAsking && (
            <ConfirmDialog
              title={t('account.endOthersOf', { count: items.length - 1 })}
              verb={t('account.endOthers')}
              isDangerous
              isPending={others.isPending}
              onConfirm={() => others.act()}
              onClose={() => setAsking(false)}
            >
              {t('account.endOthersHint')}
            </ConfirmDialog>
          )}
        </Stack>
      )}
    </Loaded>
  )
}

function SessionRow({ session: { id, userAgent, address, createdAt, isCurrent } }: { readonly session: OwnSession }) {
  const { t } = useStrings()
  const device = userAgent === null ? t('account.unknownDevice') : deviceOf(userAgent)
  const { act, isPending } = useAct({
    run: (_: undefined) => answer(api.DELETE('/api/v1/Session/{id}', { params: { path: { id } } })),
    done: () => t('account.sessionEnded', { device }),
    changes: [['sessions']],
  })
  return (
    <Group component="li" justify="space-between" wrap="nowrap">
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={600} component="div" title={userAgent ?? undefined}>
          <span className="typed">{device}</span>{' '}
          {isCurrent && (
            <Badge variant="default" tt="none">
              {t('account.thisSession')}
            </Badge>
          )}
        </Text>
        <Text size="xs" c="dimmed" component="div">
          {address !== null && (
            <>
              <bdi>{address}</bdi> ·{' '}
            </>
          )}
          {t('account.since')} <When at={createdAt} />
        </Text>
      </div>
      {!isCurrent && (
        <Button size="xs" variant="default" loading={isPending} aria-label={t('account.endOf', { device })} onClick={() => act(undefined)}>
          {t('account.end')}
        </Button>
      )}
    </Group>
  )
}
