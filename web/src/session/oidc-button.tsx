import { Button, Divider } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemText } from '../api/problem-text.ts'
import { useStrings } from '../strings/language.tsx'
import { identity } from './auth.ts'
import { setupQuery } from './me.ts'

/** Signs in through the installation's OpenID Connect provider, and comes back to this address. Nothing where there is none. */
export function OidcButton({ onFailure }: { onFailure(message: string): void }) {
  const strings = useStrings()
  const { t } = strings
  const setup = useQuery(setupQuery)
  const [isBusy, setBusy] = useState(false)
  if (setup.data?.hasOidc !== true) return null
  const go = async () => {
    setBusy(true)
    try {
      const here = `${location.pathname}${location.search}`
      const { url } = await identity<{ url: string }>('POST', 'sign-in/social', { provider: 'oidc', callbackURL: here })
      location.assign(url)
    } catch (error) {
      setBusy(false)
      onFailure(problemText(error, strings).message)
    }
  }
  return (
    <>
      <Divider label={t('signIn.or')} />
      <Button variant="default" fullWidth loading={isBusy} onClick={() => void go()}>
        {t('signIn.oidc')}
      </Button>
    </>
  )
}
