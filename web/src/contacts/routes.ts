import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { oneOf, ordinal, searchOf, text } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'
import { SORTS, STANDINGS } from './queries.ts'

export const contactListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/contacts',
  validateSearch: searchOf({
    q: text(200),
    tag: text(64),
    standing: oneOf(STANDINGS),
    segment: text(36),
    import: text(36),
    sort: oneOf(SORTS),
    page: ordinal,
  }),
  component: lazyRouteComponent(() => import('./list-page.tsx')),
})

export const contactRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/contacts/$contactId',
  component: lazyRouteComponent(() => import('./contact-page.tsx')),
})

export const importRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/contacts/import',
  validateSearch: searchOf({ page: ordinal }),
  component: lazyRouteComponent(() => import('./imports/import-page.tsx')),
})

export const importProgressRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/contacts/imports/$importId',
  component: lazyRouteComponent(() => import('./imports/progress-page.tsx')),
})

export const contactRoutes = [contactListRoute, contactRoute, importRoute, importProgressRoute] as const
