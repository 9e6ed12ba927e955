import { Button } from '@mantine/core'
import { IconMapPinOff } from '@tabler/icons-react'
import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import { ApiProblem } from '../api/problem.ts'
import { Page } from '../parts/page.tsx'
import { EmptyState, FailureState } from '../parts/states.tsx'
import { useStrings } from '../strings/language.tsx'

/** An address without a page, or an object that is gone or somebody else's: the API says the same of both. */
export function NotFoundPage() {
  const { t } = useStrings()
  return (
    <Page title={t('notFound.title')}>
      <EmptyState
        icon={IconMapPinOff}
        title={t('notFound.nothingHere')}
        hint={t('notFound.hint')}
        action={
          <Button variant="default" renderRoot={(props) => <Link to="/" {...props} />}>
            {t('notFound.home')}
          </Button>
        }
      />
    </Page>
  )
}

/** A page that broke: the frame around it still works. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const { t } = useStrings()
  if (error instanceof ApiProblem && error.status === 404) return <NotFoundPage />
  return (
    <Page title={t('problem.unexpected')}>
      <FailureState error={error} onRetry={reset} />
    </Page>
  )
}
