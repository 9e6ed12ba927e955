import { Alert, Box, Button, Table, Text, VisuallyHidden } from '@mantine/core'
import { IconMailOpened } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api, type Schema } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { EmptyState } from '../parts/states.tsx'
import { useFormat } from '../parts/use-format.ts'
import { When } from '../parts/when.tsx'
import { WideTable } from '../parts/wide-table.tsx'
import { useSession } from '../session/session.tsx'
import { ToPaste } from '../settings/connect-account.tsx'
import { useStrings } from '../strings/language.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { type Invitation, invitationsQuery } from './queries.ts'
import { useRoleName } from './role-select.tsx'

/** Who was asked to come, and what became of it. */
export function InvitationList({
  isInviting,
  onClose,
  invite,
}: {
  readonly isInviting: boolean
  onClose(): void
  /** The button that invites. */
  readonly invite: ReactNode
}) {
  const { t, named } = useStrings()
  const format = useFormat()
  const { may } = useSession()
  const nameOf = useRoleName()
  const invitations = useQuery(invitationsQuery)
  const [made, setMade] = useState<Schema<'NewInvitation'>>()
  const [revoking, setRevoking] = useState<Invitation>()
  return (
    <>
      {made !== undefined && (
        <Box p="md">
          <Alert
            color="brand"
            title={t('team.invited', { email: made.email })}
            withCloseButton
            closeButtonLabel={t('action.close')}
            onClose={() => setMade(undefined)}
          >
            <ToPaste label={t('team.linkOnce')} value={made.link} />
          </Alert>
        </Box>
      )}
      <Loaded label={t('team.invitations')} query={invitations}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={IconMailOpened} title={t('team.noInvitations')} hint={t('team.noInvitationsHint')} action={invite} />
          ) : (
            <WideTable
              label={t('team.invitations')}
              minWidth={720}
              head={[
                t('signIn.email'),
                t('team.role'),
                t('team.state'),
                t('team.expires'),
                <VisuallyHidden key="acts">{t('campaigns.actions')}</VisuallyHidden>,
              ]}
            >
              {items.map((invitation) => (
                <Table.Tr key={invitation.id}>
                  <Table.Td>
                    <Text size="sm" fw={600} className="typed">
                      {invitation.email}
                    </Text>
                    <Text size="xs" c="dimmed" component="div">
                      <bdi>{invitation.createdBy.name}</bdi> · <When at={invitation.createdAt} />
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <span className="typed">{nameOf(invitation.role)}</span>
                  </Table.Td>
                  <Table.Td>{named('invitation', invitation.state)}</Table.Td>
                  <Table.Td>{invitation.state === 'Open' ? format.dateTime(invitation.expiresAt) : '–'}</Table.Td>
                  <Table.Td ta="end">
                    {invitation.state === 'Open' && may('User:Delete') && (
                      <Button
                        size="xs"
                        variant="default"
                        aria-label={t('team.revokeThe', { email: invitation.email })}
                        onClick={() => setRevoking(invitation)}
                      >
                        {t('team.revoke')}
                      </Button>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </WideTable>
          )
        }
      </Loaded>
      {isInviting && (
        <InviteDialog
          onClose={onClose}
          onMade={(invitation) => {
            setMade(invitation)
            onClose()
          }}
        />
      )}
      {revoking !== undefined && <Revoke invitation={revoking} onClose={() => setRevoking(undefined)} />}
    </>
  )
}

function Revoke({ invitation: { id, email }, onClose }: { readonly invitation: Invitation; onClose(): void }) {
  const { t } = useStrings()
  const { act, isPending } = useAct({
    run: (_: undefined) => answer(api.DELETE('/api/v1/Invitation/{id}', { params: { path: { id } } })),
    done: () => {
      onClose()
      return t('team.revoked', { email })
    },
    changes: [['team']],
  })
  return (
    <ConfirmDialog
      title={t('team.revokeOf', { email })}
      verb={t('team.revoke')}
      isDangerous
      isPending={isPending}
      onConfirm={() => act(undefined)}
      onClose={onClose}
    >
      {t('team.revokeHint')}
    </ConfirmDialog>
  )
}
