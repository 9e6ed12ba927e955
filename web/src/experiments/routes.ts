import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { ordinal, searchOf, text } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'

export const experimentListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/experiments',
  validateSearch: searchOf({ q: text(200), page: ordinal }),
  component: lazyRouteComponent(() => import('./list-page.tsx')),
})

export const experimentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/experiments/$id',
  component: lazyRouteComponent(() => import('./experiment-page.tsx')),
})

export const experimentRoutes = [experimentListRoute, experimentRoute] as const
