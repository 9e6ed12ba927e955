import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { oneOf, searchOf } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'
import { PERIODS } from './queries.ts'

export const dashboardRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/dashboard',
  validateSearch: searchOf({ days: oneOf(PERIODS) }),
  component: lazyRouteComponent(() => import('./dashboard-page.tsx')),
})
