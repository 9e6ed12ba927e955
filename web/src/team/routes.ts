import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { oneOf, searchOf } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'

export const TABS = ['members', 'invitations', 'roles'] as const
export type TeamTab = (typeof TABS)[number]

export const teamRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings/team',
  validateSearch: searchOf({ tab: oneOf(TABS), open: oneOf(['invite', 'role']) }),
  component: lazyRouteComponent(() => import('./team-page.tsx')),
})

export const teamRoutes = [teamRoute] as const
