import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { oneOf, ordinal, searchOf, text } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'
import { CATEGORIES, TEMPLATE_STATUSES } from './queries.ts'

export const templateListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/templates',
  validateSearch: searchOf({
    q: text(200),
    status: oneOf(TEMPLATE_STATUSES),
    category: oneOf(CATEGORIES),
    language: text(20),
    page: ordinal,
  }),
  component: lazyRouteComponent(() => import('./list-page.tsx')),
})

export const newTemplateRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/templates/new',
  component: lazyRouteComponent(() => import('./new-page.tsx')),
})

export const templateRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/templates/$templateId',
  component: lazyRouteComponent(() => import('./template-page.tsx')),
})

export const templateRoutes = [templateListRoute, newTemplateRoute, templateRoute] as const
