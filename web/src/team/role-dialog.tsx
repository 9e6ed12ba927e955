import { Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, answerWithEtag, api } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { Failures } from '../parts/failures.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { PermissionMatrix } from '../settings/permission-matrix.tsx'
import type { Permission } from '../settings/queries.ts'
import { useStrings } from '../strings/language.tsx'
import type { Role } from './queries.ts'

/** Makes or changes a role of the workspace's own. @param props.role the one to change; absent: a new one */
export function RoleDialog({ role, onClose }: { readonly role?: Role; onClose(): void }) {
  const { t } = useStrings()
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={role === undefined ? t('team.newRole') : <span className="typed">{t('team.editRoleOf', { name: role.name })}</span>}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      {role === undefined ? <RoleForm onClose={onClose} /> : <EditRole id={role.id} onClose={onClose} />}
    </Modal>
  )
}

/** Reads the role as it is now, with the version that is changed. */
function EditRole({ id, onClose }: { readonly id: string; onClose(): void }) {
  const { t } = useStrings()
  const role = useQuery({
    queryKey: ['team', 'edited-role', id],
    queryFn: ({ signal }) => answerWithEtag(api.GET('/api/v1/Role/{id}', { params: { path: { id } }, signal })),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
  return (
    <Loaded label={t('team.role')} query={role} height={480}>
      {({ item, etag }) => <RoleForm role={item} etag={etag} onClose={onClose} />}
    </Loaded>
  )
}

interface RoleFormProps {
  readonly role?: Role
  readonly etag?: string | null
  onClose(): void
}

function RoleForm({ role, etag = null, onClose }: RoleFormProps) {
  const { t } = useStrings()
  const [failures, setFailures] = useState<readonly string[]>([])
  const form = useForm<{ name: string; permissions: string[] }>({
    initialValues: { name: role?.name ?? '', permissions: role?.permissions ?? [] },
  })
  const { act, isPending } = useAct({
    run: ({ name, permissions }: typeof form.values, key) => {
      const body = { name, permissions: permissions as Permission[] }
      return role === undefined
        ? answer(api.POST('/api/v1/Role', { body, headers: { 'Idempotency-Key': key } }))
        : answer(
            api.PUT('/api/v1/Role/{id}', {
              params: { path: { id: role.id } },
              headers: { 'Idempotency-Key': key, ...(etag === null ? {} : { 'If-Match': etag }) },
              body,
            }),
          )
    },
    done: (saved) => {
      onClose()
      return t('team.roleSaved', { name: saved.name })
    },
    changes: [['team'], ['me']],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, ['name', 'permissions'])
      form.setErrors(byField)
      setFailures(rest)
    },
  })
  return (
    <form
      onSubmit={form.onSubmit((values) => {
        setFailures([])
        act(values)
      })}
    >
      <Stack>
        <Failures lines={failures} />
        <TextInput label={t('apiKeys.name')} required maxLength={100} data-autofocus {...form.getInputProps('name')} />
        <Checkbox.Group label={t('apiKeys.permissions')} {...form.getInputProps('permissions')}>
          <PermissionMatrix />
        </Checkbox.Group>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('confirm.leave')}
          </Button>
          <Button type="submit" loading={isPending} disabled={form.values.permissions.length === 0}>
            {t('team.saveRole')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
