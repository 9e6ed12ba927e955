import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { ordinal, searchOf, text } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'

export const recurrenceListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/recurring',
  validateSearch: searchOf({ q: text(200), page: ordinal }),
  component: lazyRouteComponent(() => import('./list-page.tsx')),
})

export const recurrenceRoutes = [recurrenceListRoute] as const
