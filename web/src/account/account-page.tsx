import { Paper, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Page } from '../parts/page.tsx'
import { useStrings } from '../strings/language.tsx'
import { NameForm } from './name-form.tsx'
import { PasswordForm } from './password-form.tsx'
import { SecondFactor } from './second-factor.tsx'
import { SessionList } from './session-list.tsx'

/** One's own account: the same in every workspace. */
export default function AccountPage() {
  const { t } = useStrings()
  return (
    <Page title={t('area.account')} subtitle={t('account.hint')}>
      <Stack maw={760}>
        <Card title={t('account.profile')}>
          <NameForm />
        </Card>
        <Card title={t('account.changePassword')}>
          <PasswordForm />
        </Card>
        <Card title={t('team.secondFactor')}>
          <SecondFactor />
        </Card>
        <Card title={t('account.sessions')}>
          <SessionList />
        </Card>
      </Stack>
    </Page>
  )
}

const Card = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <Paper component="section" aria-label={title} p="lg" bg="var(--surface-card)">
    <Title order={2} size="h3" mb="sm">
      {title}
    </Title>
    {children}
  </Paper>
)
