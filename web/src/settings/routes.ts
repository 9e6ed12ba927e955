import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { day, oneOf, ordinal, searchOf } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'
import { AUDIT_OBJECTS } from './queries.ts'

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

export const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings/audit-log',
  validateSearch: searchOf({ object: oneOf(AUDIT_OBJECTS), from: day, to: day, page: ordinal }),
  component: lazyRouteComponent(() => import('./audit-page.tsx')),
})

const workspaceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings/workspace',
  component: lazyRouteComponent(() => import('./workspace-page.tsx')),
})

export const settingsRoutes = [appearanceRoute, numbersRoute, apiKeysRoute, auditRoute, workspaceRoute] as const
