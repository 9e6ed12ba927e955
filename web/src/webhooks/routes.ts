import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { oneOf, ordinal, searchOf } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'
import { DELIVERY_STATUSES } from './queries.ts'

export const webhookListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings/webhooks',
  validateSearch: searchOf({ page: ordinal, open: oneOf(['new']) }),
  component: lazyRouteComponent(() => import('./list-page.tsx')),
})

export const webhookRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings/webhooks/$id',
  validateSearch: searchOf({ page: ordinal, status: oneOf(DELIVERY_STATUSES) }),
  component: lazyRouteComponent(() => import('./endpoint-page.tsx')),
})

export const webhookRoutes = [webhookListRoute, webhookRoute] as const
