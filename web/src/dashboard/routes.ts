import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { oneOf, searchOf } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'
import { dashboardQuery, PERIODS } from './queries.ts'

const dashboardSearch = searchOf({ days: oneOf(PERIODS) })
export const dashboardRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/dashboard',
  validateSearch: dashboardSearch,
  // asked for while the page itself still loads; never waited for
  beforeLoad: ({ context: { queries }, search: { days = '30' } }) => void queries.prefetchQuery(dashboardQuery(days)),
  component: lazyRouteComponent(() => import('./dashboard-page.tsx')),
})
