import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { oneOf, ordinal, searchOf } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'

const appearanceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings/appearance',
  component: lazyRouteComponent(() => import('./appearance-page.tsx')),
})

export const numbersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings/numbers',
  validateSearch: searchOf({ open: oneOf(['connect']), page: ordinal }),
  component: lazyRouteComponent(() => import('./numbers-page.tsx')),
})

export const apiKeysRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings/api-keys',
  validateSearch: searchOf({ open: oneOf(['new']) }),
  component: lazyRouteComponent(() => import('./api-keys-page.tsx')),
})

export const settingsRoutes = [appearanceRoute, numbersRoute, apiKeysRoute] as const
