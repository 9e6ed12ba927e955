import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { draftOf, inputOf } from '../campaigns/editor/draft.ts'
import { campaignQuery } from '../campaigns/queries.ts'
import { useSession } from '../session/session.tsx'
import { RepeatDialog } from './repeat-dialog.tsx'

/** Repeats what a campaign sends, to whom and how. */
export default function RepeatCampaign({ id, onClose }: { readonly id: string; onClose(): void }) {
  const { workspace } = useSession()
  const navigate = useNavigate()
  const { data: campaign } = useQuery(campaignQuery(id))
  const input = campaign && inputOf(draftOf(campaign))
  if (campaign === undefined || input === undefined) return null
  const { name: _name, scheduledAt: _scheduledAt, finishBy: _finishBy, ...content } = input
  const timeZone = campaign.timeZone ?? workspace.timeZone
  return (
    <RepeatDialog
      of={{ name: campaign.name.slice(0, 180), content, timeZone }}
      onDone={() => void navigate({ to: '/recurring' as string })}
      onClose={onClose}
    />
  )
}
