import { Loader } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { useStrings } from '../strings/language.tsx'
import { type PlainAct, useCampaignAct } from './acts.ts'
import { type CampaignItem, campaignQuery } from './queries.ts'

/** Above so many people the number itself must be typed before a launch. */
const TYPED_FROM = 1_000

/** Names what an act will do and to how many people, then does it. */
export function ConfirmAct({ campaign, name, onClose }: { readonly campaign: CampaignItem; readonly name: PlainAct; onClose(): void }) {
  const { t } = useStrings()
  const { act, isPending } = useCampaignAct(campaign, onClose)
  const whole = useQuery({ ...campaignQuery(campaign.id), staleTime: 0 })
  const { counts } = whole.data ?? campaign
  const people = name === 'run' ? whole.data?.estimatedAudience : counts.pending
  const isCounting = name === 'run' && people == null
  return (
    <ConfirmDialog
      title={t(`confirm.${name as 'run' | 'cancel' | 'delete'}`, { name: campaign.name })}
      verb={t(`campaignAct.${name}`)}
      isDangerous={name !== 'run'}
      isPending={isPending || (isCounting && whole.isFetching)}
      typed={name === 'run' && people != null && people > TYPED_FROM ? String(people) : undefined}
      onConfirm={() => act(name)}
      onClose={onClose}
    >
      {isCounting && whole.isFetching ? <Loader type="dots" size="sm" /> : null}
      {name === 'run' && people != null && t('confirm.runHint', { count: people })}
      {name === 'cancel' && t('confirm.cancelHint', { count: people ?? 0 })}
      {name === 'delete' && t('confirm.deleteHint', { count: counts.audience })}
    </ConfirmDialog>
  )
}
