import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { ordinal, searchOf, text } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'

export const segmentListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/segments',
  validateSearch: searchOf({ q: text(200), page: ordinal }),
  component: lazyRouteComponent(() => import('./list-page.tsx')),
})

export const newSegmentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/segments/new',
  // with a campaign: those who pressed its button, counted from 1
  validateSearch: searchOf({ campaign: text(36), button: ordinal }),
  component: lazyRouteComponent(() => import('./new-page.tsx')),
})

export const segmentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/segments/$id',
  component: lazyRouteComponent(() => import('./segment-page.tsx')),
})

export const segmentRoutes = [segmentListRoute, newSegmentRoute, segmentRoute] as const
