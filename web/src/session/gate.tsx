import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useEffect } from 'react'
import { setWorkspace, whenSignedOut } from '../api/client.ts'
import { Splash } from '../parts/splash.tsx'
import { FailureState } from '../parts/states.tsx'
import { meQuery } from './me.ts'
import { baseOf, placeOf, rememberWorkspace, usualWorkspace } from './place.ts'
import { SessionProvider } from './session.tsx'

const SignInPage = lazy(() => import('./sign-in-page.tsx'))
const SetupPage = lazy(() => import('./setup-page.tsx'))
const InvitationPage = lazy(() => import('./invitation-page.tsx'))
const NoWorkspacePage = lazy(() => import('./no-workspace-page.tsx'))

/**
 * Lets nobody past who is not signed in and in a workspace. The sign-in page stands in for whatever page was asked for and keeps its
 * address, so that after signing in one is where one wanted to be, and no address to return to travels in a parameter.
 * @param children given the base of the workspace's addresses
 */
export function Gate({ children }: { readonly children: (base: string) => ReactNode }) {
  const queries = useQueryClient()
  const me = useQuery(meQuery)
  useEffect(() => whenSignedOut(() => queries.setQueryData(meQuery.queryKey, null)), [queries])

  if (location.pathname === '/setup') return <Suspense fallback={<Splash />}>{<SetupPage />}</Suspense>
  if (me.isPending) return <Splash />
  if (me.data === undefined) return <FailureState error={me.error} onRetry={() => void me.refetch()} isPage />
  if (location.pathname === '/invitation') return <Suspense fallback={<Splash />}>{<InvitationPage me={me.data} />}</Suspense>
  if (me.data === null) return <Suspense fallback={<Splash />}>{<SignInPage />}</Suspense>

  const place = placeOf(location.pathname)
  const id = place.workspaceId ?? usualWorkspace(me.data.workspaces.map((workspace) => workspace.id))
  const workspace = me.data.workspaces.find((candidate) => candidate.id === id)
  if (workspace === undefined) return <Suspense fallback={<Splash />}>{<NoWorkspacePage me={me.data} />}</Suspense>
  if (place.workspaceId === undefined) {
    const { search, hash } = location
    history.replaceState(null, '', `${baseOf(workspace.id)}${place.path}${search}${hash}`)
  }
  setWorkspace(workspace.id)
  rememberWorkspace(workspace.id)
  return (
    <SessionProvider me={me.data} workspace={workspace}>
      {children(baseOf(workspace.id))}
    </SessionProvider>
  )
}
