import { Button, Paper, Tabs } from '@mantine/core'
import { IconPlus, IconUserPlus } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { Page } from '../parts/page.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { InvitationList } from './invitation-list.tsx'
import { MemberList } from './member-list.tsx'
import { RoleMatrix } from './role-matrix.tsx'
import { TABS, teamRoute } from './routes.ts'

/** Who is here, who is asked to come, and what each role may do. */
export default function TeamPage() {
  const { t } = useStrings()
  const { may } = useSession()
  const { tab = 'members', open } = teamRoute.useSearch()
  const navigate = useNavigate({ from: teamRoute.fullPath })
  const mayCreate = may('User:Create')
  const close = () => void navigate({ search: { tab } })
  const toRoles = tab === 'roles'
  const create = mayCreate && (
    <Button
      leftSection={toRoles ? <IconPlus size={16} aria-hidden /> : <IconUserPlus size={16} aria-hidden />}
      onClick={() => void navigate({ search: toRoles ? { tab, open: 'role' } : { tab: 'invitations', open: 'invite' } })}
    >
      {t(toRoles ? 'team.newRole' : 'team.invite')}
    </Button>
  )
  return (
    <Page title={t('area.team')} subtitle={t('team.hint')} actions={create}>
      <Paper bg="var(--surface-card)">
        <Tabs
          value={tab}
          onChange={(value) => void navigate({ search: { tab: TABS.find((known) => known === value) } })}
          keepMounted={false}
        >
          <Tabs.List px="md" aria-label={t('area.team')}>
            {TABS.map((known) => (
              <Tabs.Tab key={known} value={known}>
                {t(`team.${known}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="members">
            <MemberList />
          </Tabs.Panel>
          <Tabs.Panel value="invitations">
            <InvitationList isInviting={mayCreate && open === 'invite'} onClose={close} invite={create} />
          </Tabs.Panel>
          <Tabs.Panel value="roles">
            <RoleMatrix isCreating={mayCreate && open === 'role'} onClose={close} />
          </Tabs.Panel>
        </Tabs>
      </Paper>
    </Page>
  )
}
