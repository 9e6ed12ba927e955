import type { Api } from '../api.ts'

/** One question of the console, asked again and again. */
export interface Read {
  readonly name: string
  readonly isSearch?: boolean
  ask(api: Api): Promise<unknown>
}

const PAGE_SIZE = 20
/** A filtered list is not served further than this. */
const FILTERED_PAGES_MAX = 400

/** What the console asks of a campaign with so many recipients, and around it, page by page. */
export function readsOf(campaignId: string, recipients: number): readonly Read[] {
  const get = (path: string) => (api: Api) => api.call('GET', path)
  const post = (path: string, body: Record<string, unknown>) => (api: Api) => api.call('POST', path, { pageSize: PAGE_SIZE, ...body })
  const campaign = `/WhatsappCampaign/${campaignId}`
  const pages = Math.ceil(recipients / PAGE_SIZE)
  const number = String(7_000_000_000 + Math.ceil(recipients / 2))
  const list = (name: string, query: Record<string, string | number>): Read => ({
    name: `delivery list, ${name}`,
    isSearch: 'searchTerm' in query,
    ask: get(`${campaign}/contacts?${new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))}`),
  })
  return [
    { name: 'campaign', ask: get(campaign) },
    list('first page', { page: 1 }),
    list('middle page', { page: Math.ceil(pages / 2) }),
    list('last page', { page: pages }),
    list('Read, first page', { statusFilter: 'Read', page: 1 }),
    list('Read, a deep page', { statusFilter: 'Read', page: Math.min(FILTERED_PAGES_MAX, Math.ceil(pages / 4)) }),
    list('Failed, first page', { statusFilter: 'Failed', page: 1 }),
    list('search by number', { searchTerm: number }),
    list('search by full name', { searchTerm: 'Arjul Taveran' }),
    list('search by first name', { searchTerm: 'Arjul' }),
    list('search by first name, second page', { searchTerm: 'Arjul', page: 2 }),
    list('search by first name, Failed', { searchTerm: 'Arjul', statusFilter: 'Failed' }),
    { name: 'button-clicks', ask: get(`${campaign}/button-clicks`) },
    { name: 'button-clicks, who pressed', ask: get(`${campaign}/button-clicks?button=0&page=5`) },
    { name: 'failures', ask: get(`${campaign}/failures`) },
    { name: 'replies', ask: get(`${campaign}/replies`) },
    { name: 'timeline', ask: get(`${campaign}/timeline`) },
    { name: 'cost', ask: get(`${campaign}/cost`) },
    { name: 'campaigns, getall', ask: post('/WhatsappCampaign/getall', {}) },
    { name: 'campaigns, getall, last page', ask: post('/WhatsappCampaign/getall', { pageNumber: 15 }) },
    { name: 'status-counts', ask: get('/WhatsappCampaign/status-counts') },
    { name: 'dashboard/main', ask: get('/WhatsappCampaign/dashboard/main') },
    { name: 'contacts, getall', ask: post('/Contact/getall', {}) },
    { name: 'contacts, search by number', isSearch: true, ask: post('/Contact/getall', { searchTerm: number }) },
    { name: 'contacts, search by first name', isSearch: true, ask: post('/Contact/getall', { searchTerm: 'Arjul' }) },
    { name: 'contacts, by tag', ask: post('/Contact/getall', { contactFilter: { tags: ['G7'] } }) },
  ]
}
