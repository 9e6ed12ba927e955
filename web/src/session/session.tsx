import { createContext, type ReactNode, use, useMemo } from 'react'
import type { Me, Workspace } from './me.ts'

export interface Session {
  readonly user: Me['user']
  readonly workspace: Workspace
  readonly workspaces: readonly Workspace[]
  /** What the server would allow here; only for showing or hiding what leads there. */
  may(permission: string): boolean
}

const Context = createContext<Session | undefined>(undefined)

export function SessionProvider({
  me,
  workspace,
  children,
}: {
  readonly me: Me
  readonly workspace: Workspace
  readonly children: ReactNode
}) {
  const session = useMemo<Session>(() => {
    const permissions = new Set(workspace.permissions)
    return { user: me.user, workspaces: me.workspaces, workspace, may: (permission) => permissions.has(permission) }
  }, [me, workspace])
  return <Context value={session}>{children}</Context>
}

/** Who is signed in, in which workspace. */
export function useSession(): Session {
  const session = use(Context)
  if (session === undefined) throw new Error('useSession outside a workspace')
  return session
}
