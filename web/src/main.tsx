import '@fontsource-variable/inter/wght.css'
import '@mantine/core/styles.css'
import 'mantine-datatable/styles.css'
import './theme/tokens.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, useMemo } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiProblem } from './api/problem.ts'
import { makeRouter, preloadPage } from './router.ts'
import { Gate } from './session/gate.tsx'
import { meQuery } from './session/me.ts'
import { placeOf } from './session/place.ts'
import { CrashBoundary } from './shell/crash-boundary.tsx'
import { LanguageProvider } from './strings/language.tsx'
import { ThemeProvider } from './theme/theme-provider.tsx'

/** A refusal stays a refusal: only what may be a passing outage is asked again. */
const mayRecover = (error: unknown) => !(error instanceof ApiProblem) || error.status === 0 || error.status === 429 || error.status >= 500

const queries = new QueryClient({
  defaultOptions: { queries: { staleTime: 5_000, retry: (failures, error) => failures < 2 && mayRecover(error) } },
})

// who is signed in, and the page of this address: on their way while everything else is still being set up
void queries.prefetchQuery(meQuery)
preloadPage(placeOf(location.pathname).path, queries)

function Pages({ base }: { readonly base: string }) {
  const router = useMemo(() => makeRouter(base, queries), [base])
  return <RouterProvider router={router} />
}

// A page that "back" brings from the browser's memory may be somebody else's by now: it is asked for anew.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload())

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <ThemeProvider>
        <CrashBoundary>
          <QueryClientProvider client={queries}>
            <Gate>{(base) => <Pages base={base} />}</Gate>
          </QueryClientProvider>
        </CrashBoundary>
      </ThemeProvider>
    </LanguageProvider>
  </StrictMode>,
)
