import { Alert, Button, Group, PasswordInput, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { problemText } from '../api/problem-text.ts'
import { identity } from '../session/auth.ts'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'

/** A new password; every other session ends with the old one. */
export function PasswordForm() {
  const strings = useStrings()
  const { t } = strings
  const { user } = useSession()
  const [failure, setFailure] = useState<string>()
  const form = useForm({ initialValues: { currentPassword: '', newPassword: '' } })
  const { act, isPending } = useAct({
    run: (values: typeof form.values) => identity('POST', 'change-password', { ...values, revokeOtherSessions: true }),
    done: () => {
      form.reset()
      return t('account.passwordChanged')
    },
    changes: [['sessions']],
    onProblem: (problem) => {
      if (problem.code === 'password-wrong') form.setErrors({ currentPassword: t('account.passwordWrong') })
      else if (problem.code === 'password-unfit') form.setErrors({ newPassword: t('setup.passwordHint') })
      else setFailure(problemText(problem, strings).message)
    },
  })
  return (
    <form
      onSubmit={form.onSubmit((values) => {
        setFailure(undefined)
        act(values)
      })}
    >
      <Stack maw={420}>
        <Text size="sm" c="dimmed">
          {t('account.passwordHint')}
        </Text>
        {failure !== undefined && (
          <Alert color="red" role="alert" p="sm">
            {failure}
          </Alert>
        )}
        <input type="email" autoComplete="username" value={user.email} readOnly hidden />
        <PasswordInput
          label={t('account.currentPassword')}
          autoComplete="current-password"
          required
          aria-invalid={form.errors.currentPassword !== undefined}
          {...form.getInputProps('currentPassword')}
        />
        <PasswordInput
          label={t('account.newPassword')}
          description={t('setup.passwordHint')}
          autoComplete="new-password"
          required
          aria-invalid={form.errors.newPassword !== undefined}
          {...form.getInputProps('newPassword')}
        />
        <Group>
          <Button type="submit" loading={isPending}>
            {t('account.changePassword')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
