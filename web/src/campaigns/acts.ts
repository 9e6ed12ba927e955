import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { type Key, useStrings } from '../strings/language.tsx'
import { type CampaignItem, campaignQuery } from './queries.ts'

/** Acts of the API's `actions` that this console carries out by themselves; the others open a page. */
export type PlainAct = 'run' | 'approve' | 'unschedule' | 'pause' | 'resume' | 'cancel' | 'duplicate' | 'delete'

const CALLS: Record<PlainAct, (id: string, key: string) => Promise<unknown>> = {
  run: (id, key) => answer(api.POST('/api/v1/WhatsappCampaign/{id}/quick-run', by(id, key))),
  approve: (id, key) => answer(api.POST('/api/v1/WhatsappCampaign/{id}/approve', by(id, key))),
  unschedule: (id, key) => answer(api.POST('/api/v1/WhatsappCampaign/{id}/unschedule', by(id, key))),
  pause: (id, key) => answer(api.POST('/api/v1/WhatsappCampaign/{id}/pause', by(id, key))),
  resume: (id, key) => answer(api.POST('/api/v1/WhatsappCampaign/{id}/resume', by(id, key))),
  cancel: (id, key) => answer(api.POST('/api/v1/WhatsappCampaign/{id}/cancel', by(id, key))),
  duplicate: (id, key) => answer(api.POST('/api/v1/WhatsappCampaign/{id}/duplicate', by(id, key))),
  delete: (id) => answer(api.DELETE('/api/v1/WhatsappCampaign/{id}', { params: { path: { id } } })),
}
const by = (id: string, key: string) => ({ params: { path: { id } }, headers: { 'Idempotency-Key': key } })

/** One act on one campaign, with its toast; a copy opens, and the page of one that is deleted is left. */
export function useCampaignAct(campaign: Pick<CampaignItem, 'id' | 'name'>, onDone = () => {}) {
  const { t } = useStrings()
  const navigate = useNavigate()
  const router = useRouter()
  const queries = useQueryClient()
  return useAct({
    run: (act: PlainAct, key) => CALLS[act](campaign.id, key),
    done: async (made, act) => {
      onDone()
      if (act === 'duplicate') void navigate({ to: '/campaigns/$campaignId', params: { campaignId: (made as { id: string }).id } })
      if (act === 'delete') {
        if (router.state.location.pathname.includes(campaign.id)) await navigate({ to: '/campaigns' })
        queries.removeQueries({ queryKey: campaignQuery(campaign.id).queryKey }) // or its page, still there for a moment, would ask for it
      }
      return t(`campaignAct.${act}.done` satisfies Key, { name: campaign.name })
    },
    changes: [['campaigns']],
  })
}
