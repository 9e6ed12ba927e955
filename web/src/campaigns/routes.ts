import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { oneOf, ordinal, searchOf, text } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'
import { SORTS, STATUSES } from './queries.ts'

export const campaignListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/campaigns',
  validateSearch: searchOf({ status: oneOf(STATUSES), q: text(200), template: text(36), sort: oneOf(SORTS), page: ordinal }),
  component: lazyRouteComponent(() => import('./list-page.tsx')),
})

export const campaignRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/campaigns/$campaignId',
  component: lazyRouteComponent(() => import('./campaign-page.tsx')),
})

export const campaignRoutes = [campaignListRoute, campaignRoute] as const
