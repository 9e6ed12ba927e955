import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../shell/root.ts'

const accountRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings/account',
  component: lazyRouteComponent(() => import('./account-page.tsx')),
})

export const accountRoutes = [accountRoute] as const
