import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiProblem } from '../api/problem.ts'
import { problemText } from '../api/problem-text.ts'
import { useStrings } from '../strings/language.tsx'
import { identity } from './auth.ts'
import { meQuery, setupQuery } from './me.ts'
import { OidcButton } from './oidc-button.tsx'
import { OutsidePage } from './outside-page.tsx'

/** Sign-in by e-mail and password, and by a second factor where the account has one. */
export default function SignInPage() {
  const strings = useStrings()
  const { t } = strings
  const queries = useQueryClient()
  const setup = useQuery(setupQuery)
  const [step, setStep] = useState<'password' | 'code' | 'backup'>('password')
  const [failure, setFailure] = useState(() => (new URLSearchParams(location.search).has('error') ? t('signIn.oidcRefused') : undefined))
  const [isBusy, setBusy] = useState(false)
  const form = useForm({ initialValues: { email: '', password: '', code: '' } })

  const turnTo = (next: typeof step) => {
    setStep(next)
    setFailure(undefined)
    form.setFieldValue('code', '')
  }
  const submit = form.onSubmit(async ({ email, password, code }) => {
    setBusy(true)
    setFailure(undefined)
    try {
      const spaceless = code.replaceAll(/\s/g, '')
      if (step === 'code') await identity('POST', 'two-factor/verify-totp', { code: spaceless })
      else if (step === 'backup') await identity('POST', 'two-factor/verify-backup-code', { code: spaceless })
      else {
        const signedIn = await identity<{ twoFactorRedirect?: boolean }>('POST', 'sign-in/email', { email: email.trim(), password })
        if (signedIn.twoFactorRedirect === true) return setStep('code')
      }
      await queries.resetQueries(meQuery)
    } catch (error) {
      const code = error instanceof ApiProblem ? error.code : undefined
      if (code === 'second-factor-expired') setStep('password')
      setFailure(
        code === 'sign-in-refused'
          ? t('signIn.wrong')
          : code === 'code-wrong'
            ? t('signIn.wrongCode')
            : problemText(error, strings).message,
      )
    } finally {
      setBusy(false)
    }
  })

  if (setup.data?.isNeeded === true)
    return (
      <OutsidePage title={t('setup.waiting')}>
        <Text c="dimmed">{t('setup.waitingHint')}</Text>
      </OutsidePage>
    )
  return (
    <OutsidePage title={t(step === 'password' ? 'signIn.title' : 'signIn.codeTitle')}>
      <form onSubmit={submit}>
        <Stack gap="md">
          {failure !== undefined && (
            <Alert color="red" role="alert" p="sm">
              {failure}
            </Alert>
          )}
          {step === 'password' ? (
            <>
              <TextInput
                label={t('signIn.email')}
                type="email"
                autoComplete="username"
                required
                autoFocus
                {...form.getInputProps('email')}
              />
              <PasswordInput label={t('signIn.password')} autoComplete="current-password" required {...form.getInputProps('password')} />
            </>
          ) : (
            <>
              {step === 'code' ? (
                <TextInput
                  key="code"
                  label={t('signIn.code')}
                  description={t('signIn.codeHint')}
                  inputMode="numeric"
                  autoComplete="one-time-code"
                  required
                  autoFocus
                  {...form.getInputProps('code')}
                />
              ) : (
                <TextInput
                  key="backup"
                  label={t('signIn.backupCode')}
                  description={t('signIn.backupCodeHint')}
                  autoComplete="off"
                  dir="ltr"
                  required
                  autoFocus
                  {...form.getInputProps('code')}
                />
              )}
              <Anchor component="button" type="button" size="sm" onClick={() => turnTo(step === 'code' ? 'backup' : 'code')}>
                {t(step === 'code' ? 'signIn.useBackupCode' : 'signIn.useApp')}
              </Anchor>
              <Anchor component="button" type="button" size="sm" onClick={() => turnTo('password')}>
                {t('signIn.otherAccount')}
              </Anchor>
            </>
          )}
          <Button type="submit" loading={isBusy} fullWidth>
            {t('signIn.submit')}
          </Button>
          {step === 'password' && <OidcButton onFailure={setFailure} />}
        </Stack>
      </form>
    </OutsidePage>
  )
}
