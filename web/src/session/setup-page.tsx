import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../api/client.ts'
import { ApiProblem, fieldErrors } from '../api/problem.ts'
import { problemText } from '../api/problem-text.ts'
import { TimeZoneSelect } from '../parts/time-zone-select.tsx'
import { useStrings } from '../strings/language.tsx'
import { identity } from './auth.ts'
import { setupQuery } from './me.ts'
import { OutsidePage } from './outside-page.tsx'

const FIELDS = ['name', 'email', 'password', 'workspaceName', 'timeZone'] as const

/** First run: the owner's account and the workspace, by the one-time address that the server printed. */
export default function SetupPage() {
  const strings = useStrings()
  const { t } = strings
  const setup = useQuery(setupQuery)
  const token = new URLSearchParams(location.search).get('token') ?? ''
  const [failures, setFailures] = useState<readonly string[]>([])
  const [isBusy, setBusy] = useState(false)
  const form = useForm({
    initialValues: {
      name: '',
      email: '',
      password: '',
      workspaceName: '',
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
  })

  const submit = form.onSubmit(async (values) => {
    setBusy(true)
    setFailures([])
    try {
      await answer(api.POST('/api/v1/Setup', { body: { token, ...values } }))
      await identity('POST', 'sign-in/email', { email: values.email, password: values.password })
      location.replace('/')
    } catch (error) {
      setBusy(false)
      if (!(error instanceof ApiProblem) || error.errors.length === 0) return setFailures([problemText(error, strings).message])
      const { byField, rest } = fieldErrors(error, FIELDS)
      form.setErrors(byField)
      setFailures(rest)
    }
  })

  if (setup.data?.isNeeded === false)
    return (
      <OutsidePage title={t('setup.done')}>
        <Text mb="md">{t('setup.doneHint')}</Text>
        <Anchor href="/">{t('signIn.title')}</Anchor>
      </OutsidePage>
    )
  return (
    <OutsidePage title={t('setup.title')}>
      <Text c="dimmed" size="sm" mb="md">
        {t('setup.hint')}
      </Text>
      <form onSubmit={submit}>
        <Stack gap="md">
          {failures.map((failure) => (
            <Alert key={failure} color="red" role="alert" p="sm">
              {failure}
            </Alert>
          ))}
          {token === '' && (
            <Alert color="yellow" p="sm">
              {t('setup.noToken')}
            </Alert>
          )}
          <TextInput label={t('setup.name')} autoComplete="name" required maxLength={200} {...form.getInputProps('name')} />
          <TextInput label={t('signIn.email')} type="email" autoComplete="username" required {...form.getInputProps('email')} />
          <PasswordInput
            label={t('signIn.password')}
            description={t('setup.passwordHint')}
            autoComplete="new-password"
            required
            aria-invalid={form.errors.password !== undefined} // the library says it of every field but this one
            {...form.getInputProps('password')}
          />
          <TextInput
            label={t('setup.workspaceName')}
            description={t('setup.workspaceHint')}
            autoComplete="organization"
            required
            maxLength={200}
            {...form.getInputProps('workspaceName')}
          />
          <TimeZoneSelect label={t('setup.timeZone')} description={t('setup.timeZoneHint')} required {...form.getInputProps('timeZone')} />
          <Button type="submit" loading={isBusy} fullWidth>
            {t('setup.submit')}
          </Button>
        </Stack>
      </form>
    </OutsidePage>
  )
}
