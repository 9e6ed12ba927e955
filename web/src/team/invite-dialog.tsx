import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api, type Schema } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { Failures } from '../parts/failures.tsx'
import { useStrings } from '../strings/language.tsx'
import { rolesQuery } from './queries.ts'
import { RoleSelect } from './role-select.tsx'

const DAYS = ['1', '7', '30'] as const

/** Asks somebody to come: what they will be, and for how long the link works. */
export function InviteDialog({ onMade, onClose }: { onMade(invitation: Schema<'NewInvitation'>): void; onClose(): void }) {
  const { t } = useStrings()
  const roles = useQuery(rolesQuery).data?.items ?? []
  const [failures, setFailures] = useState<readonly string[]>([])
  const form = useForm<{ email: string; roleId: string | null; days: string }>({ initialValues: { email: '', roleId: null, days: '7' } })
  const { act, isPending } = useAct({
    run: ({ email, roleId, days }: typeof form.values, key) =>
      answer(
        api.POST('/api/v1/Invitation', {
          headers: { 'Idempotency-Key': key },
          body: { email: email.trim(), roleId: roleId ?? '', expiresInDays: Number(days) },
        }),
      ),
    done: (made) => {
      onMade(made)
      return t('team.invited', { email: made.email })
    },
    changes: [['team']],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, ['email', 'roleId'])
      form.setErrors(byField)
      setFailures(rest)
    },
  })
  return (
    <Modal opened onClose={onClose} title={t('team.invite')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form
        onSubmit={form.onSubmit((values) => {
          setFailures([])
          act(values)
        })}
      >
        <Stack>
          <Failures lines={failures} />
          <TextInput
            label={t('signIn.email')}
            description={t('team.emailHint')}
            type="email"
            autoComplete="off"
            required
            data-autofocus
            {...form.getInputProps('email')}
          />
          <RoleSelect
            label={t('team.role')}
            roles={roles}
            value={form.values.roleId}
            error={form.errors.roleId as string | undefined}
            onChange={({ id }) => form.setFieldValue('roleId', id)}
          />
          <Select
            label={t('team.expires')}
            allowDeselect={false}
            data={DAYS.map((value) => ({ value, label: t('apiKeys.days', { count: Number(value) }) }))}
            {...form.getInputProps('days')}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending} disabled={form.values.roleId === null}>
              {t('team.makeLink')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
