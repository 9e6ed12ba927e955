import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../shell/root.ts'

const appearanceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings/appearance',
  component: lazyRouteComponent(() => import('./appearance-page.tsx')),
})

export const settingsRoutes = [appearanceRoute] as const
