import { ActionIcon, Group, Menu, ScrollArea, Table, Text } from '@mantine/core'
import { IconCheck, IconDots, IconPencil, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Fragment, useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { useSession } from '../session/session.tsx'
import { byNoun } from '../settings/permission-matrix.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Role, rolesQuery } from './queries.ts'
import { RoleDialog } from './role-dialog.tsx'
import classes from './role-matrix.module.css'
import { useRoleName } from './role-select.tsx'

/** Every permission, and the roles that hold it. */
export function RoleMatrix({ isCreating, onClose }: { readonly isCreating: boolean; onClose(): void }) {
  const { t } = useStrings()
  const roles = useQuery(rolesQuery)
  const [editing, setEditing] = useState<Role>()
  const [deleting, setDeleting] = useState<Role>()
  return (
    <>
      <Text size="sm" c="dimmed" p="md">
        {t('team.rolesHint')}
      </Text>
      <Loaded label={t('team.roles')} query={roles} height={480}>
        {({ items }) => <Matrix roles={items} onEdit={setEditing} onDelete={setDeleting} />}
      </Loaded>
      {isCreating && <RoleDialog onClose={onClose} />}
      {editing !== undefined && <RoleDialog role={editing} onClose={() => setEditing(undefined)} />}
      {deleting !== undefined && <Delete role={deleting} onClose={() => setDeleting(undefined)} />}
    </>
  )
}

interface MatrixProps {
  readonly roles: readonly Role[]
  onEdit(role: Role): void
  onDelete(role: Role): void
}

function Matrix({ roles, onEdit, onDelete }: MatrixProps) {
  const { t, named } = useStrings()
  const nameOf = useRoleName()
  const holds = roles.map(({ permissions }) => new Set(permissions))
  const all = [...new Set(roles.flatMap(({ permissions }) => permissions))] // an owner's come first: all of them, in their order
  return (
    <ScrollArea viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': t('team.roles') }}>
      <Table miw={300 + roles.length * 110} horizontalSpacing="md" className={classes.table ?? ''}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('apiKeys.permissions')}</Table.Th>
            {roles.map((role) => (
              <Table.Th key={role.id}>
                <Group gap={2} justify="center" wrap="nowrap">
                  <span className="typed">{nameOf(role)}</span>
                  {!role.isBuiltIn && <RoleMenu role={role} onEdit={() => onEdit(role)} onDelete={() => onDelete(role)} />}
                </Group>
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {byNoun(all).map(({ noun, verbs }) => (
            <Fragment key={noun}>
              <Table.Tr className={classes.noun ?? ''}>
                <Table.Th scope="colgroup" colSpan={roles.length + 1}>
                  {named('noun', noun)}
                </Table.Th>
              </Table.Tr>
              {verbs.map((verb) => (
                <Table.Tr key={verb}>
                  <Table.Td>{named('verb', verb)}</Table.Td>
                  {roles.map((role, i) => (
                    <Table.Td key={role.id}>
                      {holds[i]?.has(`${noun}:${verb}`) ? (
                        <IconCheck size={17} role="img" aria-label={t('team.may')} color="var(--ok-text)" />
                      ) : (
                        <Text span c="dimmed">
                          –
                        </Text>
                      )}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Fragment>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  )
}

/** What this person may do with a role of the workspace's own: nothing while it holds more than they do. */
function RoleMenu({ role, onEdit, onDelete }: { readonly role: Role; onEdit(): void; onDelete(): void }) {
  const { t } = useStrings()
  const { may } = useSession()
  if (!role.permissions.every(may) || !(may('User:Edit') || may('User:Delete'))) return null
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size="sm" aria-label={t('team.actsOf', { name: role.name })}>
          <IconDots size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {may('User:Edit') && (
          <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={onEdit}>
            {t('team.editRole')}
          </Menu.Item>
        )}
        {may('User:Delete') && (
          <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={onDelete}>
            {t('team.deleteRole')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}

function Delete({ role: { id, name }, onClose }: { readonly role: Role; onClose(): void }) {
  const { t } = useStrings()
  const { act, isPending } = useAct({
    run: (_: undefined) => answer(api.DELETE('/api/v1/Role/{id}', { params: { path: { id } } })),
    done: () => {
      onClose()
      return t('team.roleDeleted', { name })
    },
    changes: [['team']],
  })
  return (
    <ConfirmDialog
      title={t('team.deleteRoleOf', { name })}
      verb={t('team.deleteRole')}
      isDangerous
      isPending={isPending}
      onConfirm={() => act(undefined)}
      onClose={onClose}
    >
      {t('team.deleteRoleHint')}
    </ConfirmDialog>
  )
}
