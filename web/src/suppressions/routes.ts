import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { ordinal, searchOf, text } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'

export const suppressionListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/suppressions',
  validateSearch: searchOf({ phone: text(40), page: ordinal }),
  component: lazyRouteComponent(() => import('./list-page.tsx')),
})

export const suppressionRoutes = [suppressionListRoute] as const
