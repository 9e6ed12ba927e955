import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { oneOf, ordinal, searchOf, text } from '../parts/search-params.ts'
import { rootRoute } from '../shell/root.ts'
import { RECIPIENT_STATUSES } from './detail/queries.ts'
import { STEPS } from './editor/problems.ts'
import { campaignQuery, campaignsQuery, SORTS, STATUSES, statusCountsQuery } from './queries.ts'

const listSearch = searchOf({ status: oneOf(STATUSES), q: text(200), template: text(36), sort: oneOf(SORTS), page: ordinal })
export const campaignListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/campaigns',
  validateSearch: listSearch,
  // asked for while the page itself still loads; never waited for
  beforeLoad: ({ context: { queries }, search }) => {
    void queries.prefetchQuery(campaignsQuery(search))
    void queries.prefetchQuery(statusCountsQuery(search.q))
  },
  component: lazyRouteComponent(() => import('./list-page.tsx')),
})

export const campaignRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/campaigns/$campaignId',
  validateSearch: searchOf({
    status: oneOf(RECIPIENT_STATUSES),
    q: text(200),
    page: ordinal,
    recipient: text(36),
    button: text(3),
    people: ordinal,
  }),
  loader: ({ context: { queries }, params }) => void queries.prefetchQuery(campaignQuery(params.campaignId)),
  component: lazyRouteComponent(() => import('./detail/campaign-page.tsx')),
})

/** New and existing campaigns are written on one page, which stays while the first version is stored and gets its address. */
export const editorRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'campaign-editor',
  validateSearch: searchOf({ step: oneOf(STEPS), template: text(36), at: text(16), q: text(200), page: ordinal }),
  component: lazyRouteComponent(() => import('./editor/editor-page.tsx')),
})
export const newCampaignRoute = createRoute({ getParentRoute: () => editorRoute, path: '/campaigns/new' })
export const editCampaignRoute = createRoute({ getParentRoute: () => editorRoute, path: '/campaigns/$campaignId/edit' })

export const campaignRoutes = [campaignListRoute, campaignRoute, editorRoute.addChildren([newCampaignRoute, editCampaignRoute])] as const
