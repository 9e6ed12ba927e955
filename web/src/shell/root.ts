import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext } from '@tanstack/react-router'
import { ErrorPage, NotFoundPage } from './error-pages.tsx'
import { Shell } from './shell.tsx'

/** Every page's parent. A page's route says `getParentRoute: () => rootRoute` and is listed in router.ts. */
export const rootRoute = createRootRouteWithContext<{ readonly queries: QueryClient }>()({
  component: Shell,
  errorComponent: ErrorPage,
  notFoundComponent: NotFoundPage,
})
