import { Button } from '@mantine/core'
import {
  IconBan,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  type IconProps,
  IconRosetteDiscountCheck,
  IconSend,
} from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { type ComponentType, memo, useState } from 'react'
import { useStrings } from '../../strings/language.tsx'
import { type PlainAct, useCampaignAct } from '../acts.ts'
import { ConfirmAct } from '../confirm-act.tsx'
import { CampaignMenu } from '../menu.tsx'
import type { Campaign } from '../queries.ts'
import { ConfirmLaunchButton } from './confirm-launch.tsx'
import { ResendButton } from './resend.tsx'

/** Acts that stand as buttons, when the API allows them; the others are in the menu. */
const SHOWN: readonly (readonly [PlainAct, ComponentType<IconProps>])[] = [
  ['run', IconSend],
  ['approve', IconRosetteDiscountCheck],
  ['resume', IconPlayerPlay],
  ['pause', IconPlayerPause],
  ['cancel', IconBan],
]

/** What may be done with this campaign now. */
export const ActBar = memo(function ActBar({ campaign }: { readonly campaign: Campaign }) {
  const { t } = useStrings()
  const { act, isPending } = useCampaignAct(campaign)
  const [asked, setAsked] = useState<PlainAct>()
  const isLive = campaign.status === 'Running' || campaign.hold !== null
  const shown = SHOWN.filter(([name]) => campaign.actions.includes(name) && (isLive ? name !== 'run' : name === 'run'))
  return (
    <>
      {campaign.actions.includes('edit') && (
        <Button
          variant="default"
          leftSection={<IconPencil size={16} aria-hidden />}
          renderRoot={(props) => <Link to="/campaigns/$campaignId/edit" params={{ campaignId: campaign.id }} {...props} />}
        >
          {t('campaignAct.edit')}
        </Button>
      )}
      {shown.map(([name, Icon]) => (
        <Button
          key={name}
          variant={name === 'pause' || name === 'cancel' ? 'default' : 'filled'}
          {...(name === 'cancel' ? { c: 'var(--mantine-color-error)' } : {})}
          leftSection={<Icon size={16} aria-hidden />}
          loading={isPending}
          onClick={() => (name === 'cancel' || name === 'run' ? setAsked(name) : act(name))}
        >
          {t(`campaignAct.${name}`)}
        </Button>
      ))}
      <ConfirmLaunchButton campaign={campaign} />
      <ResendButton campaign={campaign} />
      <CampaignMenu campaign={campaign} without={shown.map(([name]) => name)} />
      {asked !== undefined && <ConfirmAct campaign={campaign} name={asked} onClose={() => setAsked(undefined)} />}
    </>
  )
})
