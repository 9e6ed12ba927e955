import type { QueryClient } from '@tanstack/react-query'
import { createRoute, createRouter, redirect } from '@tanstack/react-router'
import { accountRoutes } from './account/routes.ts'
import { campaignRoutes } from './campaigns/routes.ts'
import { consentRoutes } from './consent/routes.ts'
import { contactRoutes } from './contacts/routes.ts'
import { dashboardRoute } from './dashboard/routes.ts'
import { experimentRoutes } from './experiments/routes.ts'
import { parseSearch, stringifySearch } from './parts/search-params.ts'
import { recurrenceRoutes } from './recurrences/routes.ts'
import { segmentRoutes } from './segments/routes.ts'
import { settingsRoutes } from './settings/routes.ts'
import { ErrorPage, NotFoundPage } from './shell/error-pages.tsx'
import { rootRoute } from './shell/root.ts'
import { suppressionRoutes } from './suppressions/routes.ts'
import { teamRoutes } from './team/routes.ts'
import { templateRoutes } from './templates/routes.ts'
import { webhookRoutes } from './webhooks/routes.ts'

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/dashboard', replace: true })
  },
})

/** Every page. A new one is one line here; the navigation shows it as soon as it stands here. */
const routeTree = rootRoute.addChildren([
  homeRoute,
  dashboardRoute,
  ...accountRoutes,
  ...campaignRoutes,
  ...contactRoutes,
  ...experimentRoutes,
  ...recurrenceRoutes,
  ...consentRoutes,
  ...segmentRoutes,
  ...settingsRoutes,
  ...suppressionRoutes,
  ...teamRoutes,
  ...templateRoutes,
  ...webhookRoutes,
])

/** @param basepath `/w/<workspace id>`: another workspace is another page load, so nothing of one is ever shown in the other */
export const makeRouter = (basepath: string, queries: QueryClient) =>
  createRouter({
    routeTree,
    basepath,
    context: { queries },
    defaultPreload: 'intent',
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
    parseSearch,
    stringifySearch,
  })

/** Asks for the code of the page at a path, whose router is made later, when the workspace is known. */
export function preloadPage(path: string, queries: QueryClient): void {
  const [matched] = makeRouter('/', queries).getMatchedRoutes(path)
  for (const { options } of matched) {
    const page = options.component as { preload?: () => Promise<void> } | undefined
    page?.preload?.().catch(() => undefined) // it is asked for again when it is shown, and says then what is wrong
  }
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
