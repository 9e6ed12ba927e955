import { useNavigate } from '@tanstack/react-router'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { type Key, useStrings } from '../strings/language.tsx'
import type { CampaignItem } from './queries.ts'

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

/** One act on one campaign, with its toast; a copy opens. */
export function useCampaignAct(campaign: Pick<CampaignItem, 'id' | 'name'>, onDone = () => {}) {
  const { t } = useStrings()
  const navigate = useNavigate()
  return useAct({
    run: (act: PlainAct, key) => CALLS[act](campaign.id, key),
    done: (made, act) => {
      onDone()
      if (act === 'duplicate') void navigate({ to: '/campaigns/$campaignId', params: { campaignId: (made as { id: string }).id } })
      return t(`campaignAct.${act}.done` satisfies Key, { name: campaign.name })
    },
    changes: [['campaigns']],
  })
}
