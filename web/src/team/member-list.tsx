import { Badge, Button, Table, Text, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { When } from '../parts/when.tsx'
import { WideTable } from '../parts/wide-table.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Member, membersQuery, type Role, rolesQuery } from './queries.ts'
import { RoleSelect, useRoleName } from './role-select.tsx'

/** The members: their role, whether a second factor guards them, since when. */
export function MemberList() {
  const { t } = useStrings()
  const members = useQuery(membersQuery)
  const roles = useQuery(rolesQuery)
  const [removing, setRemoving] = useState<Member>()
  const [changing, setChanging] = useState<{ readonly member: Member; readonly role: Role }>()
  return (
    <>
      <Loaded label={t('team.members')} query={members}>
        {({ items }) => (
          <WideTable
            label={t('team.members')}
            minWidth={720}
            head={[
              t('team.person'),
              t('team.role'),
              t('team.secondFactor'),
              t('team.since'),
              <VisuallyHidden key="acts">{t('campaigns.actions')}</VisuallyHidden>,
            ]}
          >
            {items.map((member) => (
              <MemberRow
                key={member.id}
                member={member}
                roles={roles.data?.items ?? []}
                onChange={(role) => setChanging({ member, role })}
                onRemove={() => setRemoving(member)}
              />
            ))}
          </WideTable>
        )}
      </Loaded>
      {removing !== undefined && <Remove member={removing} onClose={() => setRemoving(undefined)} />}
      {changing !== undefined && <ChangeRole {...changing} onClose={() => setChanging(undefined)} />}
    </>
  )
}

interface MemberRowProps {
  readonly member: Member
  readonly roles: readonly Role[]
  onChange(role: Role): void
  onRemove(): void
}

function MemberRow({ member, roles, onChange, onRemove }: MemberRowProps) {
  const { t } = useStrings()
  const { may, user } = useSession()
  const nameOf = useRoleName()
  const role = roles.find(({ id }) => id === member.role.id)
  /** Nobody takes what they do not hold. */
  const isWithin = role?.permissions.every(may) ?? false
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={600} className="typed">
          {member.name}{' '}
          {member.id === user.id && (
            <Badge variant="default" tt="none">
              {t('team.you')}
            </Badge>
          )}
        </Text>
        <Text size="xs" c="dimmed" className="typed">
          {member.email}
        </Text>
      </Table.Td>
      <Table.Td w={220}>
        {may('User:Edit') && isWithin ? (
          <RoleSelect label={t('team.roleOf', { name: member.name })} isBare roles={roles} value={member.role.id} onChange={onChange} />
        ) : (
          <span className="typed">{nameOf({ ...member.role, ...(role === undefined ? {} : { isBuiltIn: role.isBuiltIn }) })}</span>
        )}
      </Table.Td>
      <Table.Td>{t(member.twoFactorEnabled ? 'team.on' : 'team.off')}</Table.Td>
      <Table.Td>
        <When at={member.createdAt} />
      </Table.Td>
      <Table.Td ta="end">
        {may('User:Delete') && isWithin && (
          <Button size="xs" variant="default" aria-label={t('team.removeThe', { name: member.name })} onClick={onRemove}>
            {t('team.remove')}
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

function ChangeRole({ member, role, onClose }: { readonly member: Member; readonly role: Role; onClose(): void }) {
  const { t } = useStrings()
  const { user } = useSession()
  const nameOf = useRoleName()
  const { act, isPending } = useAct({
    run: (_: undefined, key) =>
      answer(
        api.PUT('/api/v1/User/{id}', {
          params: { path: { id: member.id } },
          headers: { 'Idempotency-Key': key },
          body: { roleId: role.id },
        }),
      ),
    done: () => {
      onClose()
      return t('team.roleChanged', { name: member.name, role: nameOf(role) })
    },
    changes: [['team'], ['me']],
  })
  return (
    <ConfirmDialog
      title={t('team.changeRole', { name: member.name, role: nameOf(role) })}
      verb={t('team.change')}
      isPending={isPending}
      onConfirm={() => act(undefined)}
      onClose={onClose}
    >
      {t(member.id === user.id ? 'team.changeOwnHint' : 'team.changeHint')}
    </ConfirmDialog>
  )
}

function Remove({ member, onClose }: { readonly member: Member; onClose(): void }) {
  const { t } = useStrings()
  const { user } = useSession()
  const { act, isPending } = useAct({
    run: (id: string) => answer(api.DELETE('/api/v1/User/{id}', { params: { path: { id } } })),
    done: () => {
      onClose()
      return t('team.removed', { name: member.name })
    },
    changes: [['team'], ['me']],
  })
  return (
    <ConfirmDialog
      title={t('team.removeOf', { name: member.name })}
      verb={t('team.remove')}
      isDangerous
      isPending={isPending}
      onConfirm={() => act(member.id)}
      onClose={onClose}
    >
      {t(member.id === user.id ? 'team.removeOwnHint' : 'team.removeHint')}
    </ConfirmDialog>
  )
}
