import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { day, oneOf, ordinal, searchOf, text } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'
import { ACTIONS, SOURCES } from './queries.ts'

export const TABS = ['history', 'topics', 'words'] as const

export const consentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/consent',
  validateSearch: searchOf({
    tab: oneOf(TABS),
    phone: text(40),
    contact: text(36),
    topic: text(36),
    source: oneOf(SOURCES),
    action: oneOf(ACTIONS),
    from: day,
    to: day,
    page: ordinal,
  }),
  component: lazyRouteComponent(() => import('./consent-page.tsx')),
})

export const consentRoutes = [consentRoute] as const
