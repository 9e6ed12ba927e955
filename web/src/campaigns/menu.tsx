import { ActionIcon, Menu } from '@mantine/core'
import {
  IconBan,
  IconCalendarOff,
  IconCopy,
  IconDots,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  type IconProps,
  IconRepeat,
  IconRosetteDiscountCheck,
  IconSend,
  IconTrash,
} from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { type ComponentType, lazy, Suspense, useState } from 'react'
import { useStrings } from '../strings/language.tsx'
import { type PlainAct, useCampaignAct } from './acts.ts'
import { ConfirmAct } from './confirm-act.tsx'
import type { CampaignItem } from './queries.ts'

const ICONS: Record<PlainAct, ComponentType<IconProps>> = {
  run: IconSend,
  approve: IconRosetteDiscountCheck,
  resume: IconPlayerPlay,
  pause: IconPlayerPause,
  unschedule: IconCalendarOff,
  duplicate: IconCopy,
  cancel: IconBan,
  delete: IconTrash,
}
/** Hardly ever opened: its code comes when it is. */
const RepeatCampaign = lazy(() => import('../recurrences/repeat-campaign.tsx'))
const ORDER = Object.keys(ICONS) as PlainAct[]
/** Asked about first: sends to people, or cannot be taken back. */
const ASKED: readonly PlainAct[] = ['run', 'cancel', 'delete']

/** What may be done with a campaign now: exactly what the API lists in `actions`. @param without those that stand beside it as buttons */
export function CampaignMenu({ campaign, without = [] }: { readonly campaign: CampaignItem; readonly without?: readonly PlainAct[] }) {
  const { t } = useStrings()
  const [asked, setAsked] = useState<PlainAct>()
  const [isTouched, setTouched] = useState(false)
  const { act } = useCampaignAct(campaign)
  const open = ORDER.filter((name) => campaign.actions.includes(name) && !without.includes(name))
  const mayEdit = campaign.actions.includes('edit')
  const mayRepeat = campaign.actions.includes('duplicate')
  const [isRepeating, setRepeating] = useState(false)
  if (open.length === 0 && !mayEdit) return null
  const label = t('campaigns.actionsOf', { name: campaign.name })
  const dots = <IconDots size={18} aria-hidden />
  // a list has one in every row, and hardly any is ever opened
  if (!isTouched)
    return (
      <ActionIcon aria-label={label} aria-haspopup="menu" aria-expanded={false} onClick={() => setTouched(true)}>
        {dots}
      </ActionIcon>
    )
  return (
    <>
      <Menu defaultOpened>
        <Menu.Target>
          <ActionIcon aria-label={label}>{dots}</ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {mayEdit && (
            <Menu.Item
              leftSection={<IconPencil size={16} stroke={1.7} aria-hidden />}
              renderRoot={(props) => <Link to="/campaigns/$campaignId/edit" params={{ campaignId: campaign.id }} {...props} />}
            >
              {t('campaignAct.edit')}
            </Menu.Item>
          )}
          {open.map((name) => {
            const Icon = ICONS[name]
            const isAsked = ASKED.includes(name)
            return (
              <Menu.Item
                key={name}
                leftSection={<Icon size={16} stroke={1.7} aria-hidden />}
                {...(name === 'delete' || name === 'cancel' ? { c: 'var(--mantine-color-error)' } : {})}
                onClick={() => (isAsked ? setAsked(name) : act(name))}
              >
                {t(`campaignAct.${name}`)}
              </Menu.Item>
            )
          })}
          {mayRepeat && (
            <Menu.Item leftSection={<IconRepeat size={16} stroke={1.7} aria-hidden />} onClick={() => setRepeating(true)}>
              {t('campaignAct.repeat')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {isRepeating && (
        <Suspense>
          <RepeatCampaign id={campaign.id} onClose={() => setRepeating(false)} />
        </Suspense>
      )}
      {asked !== undefined && <ConfirmAct campaign={campaign} name={asked} onClose={() => setAsked(undefined)} />}
    </>
  )
}
