import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api, type Schema } from '../api/client.ts'
import { ApiProblem, fieldErrors } from '../api/problem.ts'
import { Failures } from '../parts/failures.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { useStrings } from '../strings/language.tsx'
import type { Me } from './me.ts'
import { OidcButton } from './oidc-button.tsx'
import { OutsidePage } from './outside-page.tsx'
import { baseOf } from './place.ts'
import SignInPage from './sign-in-page.tsx'
import { signOut } from './sign-out.ts'

type Invitation = Schema<'InvitationPreview'>

/** Where an invitation's link leads: join with the account one has, or with a new one. @param props.me null: nobody is signed in */
export default function InvitationPage({ me }: { readonly me: Me | null }) {
  const { t, named } = useStrings()
  const token = new URLSearchParams(location.search).get('token') ?? ''
  const [isSigningIn, setSigningIn] = useState(false)
  const invitation = useQuery({
    queryKey: ['invitation', token],
    queryFn: async ({ signal }): Promise<Invitation | null> => {
      try {
        return await answer(api.POST('/api/v1/Invitation/preview', { body: { token }, signal }))
      } catch (error) {
        if (error instanceof ApiProblem && (error.status === 404 || error.status === 400 || error.status === 422)) return null
        throw error
      }
    },
  })
  if (isSigningIn && me === null) return <SignInPage />
  return (
    <OutsidePage title={t('invitation.title')}>
      <Loaded label={t('invitation.title')} query={invitation}>
        {(found) =>
          found === null ? (
            <Text>{t('invitation.over')}</Text>
          ) : (
            <Stack>
              <Text className="typed">
                {t('invitation.to', {
                  name: found.invitedBy,
                  workspace: found.workspace.name,
                  role: named('role', found.role.name),
                })}
              </Text>
              {me !== null && me.user.email === found.email && <Join token={token} me={me} />}
              {me !== null && me.user.email !== found.email && (
                <Other hint={t('invitation.forOther', { email: found.email, yours: me.user.email })}>
                  <Button variant="default" onClick={() => void signOut(`${location.pathname}${location.search}`)}>
                    {t('account.signOut')}
                  </Button>
                </Other>
              )}
              {me === null && found.hasAccount && (
                <Other hint={t('invitation.signInFirst', { email: found.email })}>
                  <Button onClick={() => setSigningIn(true)}>{t('signIn.title')}</Button>
                </Other>
              )}
              {me === null && !found.hasAccount && <NewAccount token={token} email={found.email} />}
            </Stack>
          )
        }
      </Loaded>
    </OutsidePage>
  )
}

const Other = ({ hint, children }: { readonly hint: string; readonly children: ReactNode }) => (
  <>
    <Text size="sm" c="dimmed" className="typed">
      {hint}
    </Text>
    {children}
  </>
)

/** To the workspace one has just come into. */
const enter = (after: Schema<'Me'>, before: readonly string[]) => {
  const joined = after.workspaces.find(({ id }) => !before.includes(id)) ?? after.workspaces[0]
  location.replace(joined === undefined ? '/' : baseOf(joined.id))
}

function Join({ token, me }: { readonly token: string; readonly me: Me }) {
  const { t } = useStrings()
  const { act, isPending } = useAct({
    run: () => answer(api.POST('/api/v1/Invitation/accept', { body: { token } })),
    done: (after) => {
      enter(
        after,
        me.workspaces.map(({ id }) => id),
      )
      return t('invitation.joined')
    },
    changes: [],
  })
  return (
    <Button loading={isPending} onClick={() => act()}>
      {t('invitation.join')}
    </Button>
  )
}

function NewAccount({ token, email }: { readonly token: string; readonly email: string }) {
  const { t } = useStrings()
  const [failures, setFailures] = useState<readonly string[]>([])
  const form = useForm({ initialValues: { name: '', password: '' } })
  const { act, isPending } = useAct({
    run: (values: typeof form.values) => answer(api.POST('/api/v1/Invitation/accept', { body: { token, ...values } })),
    done: (after) => {
      enter(after, [])
      return t('invitation.joined')
    },
    changes: [],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, ['name', 'password'])
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
        <TextInput label={t('signIn.email')} type="email" autoComplete="username" value={email} readOnly dir="ltr" />
        <TextInput label={t('setup.name')} autoComplete="name" required maxLength={200} autoFocus {...form.getInputProps('name')} />
        <PasswordInput
          label={t('signIn.password')}
          description={t('setup.passwordHint')}
          autoComplete="new-password"
          required
          aria-invalid={form.errors.password !== undefined}
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={isPending} fullWidth>
          {t('invitation.joinNew')}
        </Button>
        <OidcButton onFailure={(message) => setFailures([message])} />
      </Stack>
    </form>
  )
}
