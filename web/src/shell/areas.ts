import type { IconProps } from '@tabler/icons-react'
import {
  IconAddressBook,
  IconAdjustments,
  IconBan,
  IconBuilding,
  IconChartBar,
  IconFilter,
  IconFlask,
  IconHeartHandshake,
  IconHistory,
  IconKey,
  IconMessageCircle,
  IconPhone,
  IconRepeat,
  IconSpeakerphone,
  IconUserCircle,
  IconUsers,
  IconWebhook,
} from '@tabler/icons-react'
import { useRouter } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { useSession } from '../session/session.tsx'
import type { PlainKey } from '../strings/language.tsx'

/** A place the navigation and the command palette lead to. */
export interface Area {
  readonly to: string
  readonly label: PlainKey
  readonly icon: ComponentType<IconProps>
  /** Shown to whoever holds it; without one, to everybody. */
  readonly permission?: string
}

const MAIN: readonly Area[] = [
  { to: '/dashboard', label: 'area.dashboard', icon: IconChartBar, permission: 'WhatsappCampaign:View' },
  { to: '/campaigns', label: 'area.campaigns', icon: IconSpeakerphone, permission: 'WhatsappCampaign:View' },
  { to: '/recurring', label: 'area.recurring', icon: IconRepeat, permission: 'WhatsappCampaign:View' },
  { to: '/experiments', label: 'area.experiments', icon: IconFlask, permission: 'WhatsappCampaign:View' },
  { to: '/contacts', label: 'area.contacts', icon: IconAddressBook, permission: 'Contact:View' },
  { to: '/segments', label: 'area.segments', icon: IconFilter, permission: 'Segment:View' },
  { to: '/templates', label: 'area.templates', icon: IconMessageCircle, permission: 'WhatsappTemplate:View' },
  { to: '/consent', label: 'area.consent', icon: IconHeartHandshake, permission: 'Contact:View' },
  { to: '/suppressions', label: 'area.suppressions', icon: IconBan, permission: 'Suppression:View' },
]
const SETTINGS: readonly Area[] = [
  { to: '/settings/numbers', label: 'area.numbers', icon: IconPhone, permission: 'WhatsappAccount:View' },
  { to: '/settings/team', label: 'area.team', icon: IconUsers, permission: 'User:View' },
  { to: '/settings/api-keys', label: 'area.apiKeys', icon: IconKey, permission: 'ApiKey:View' },
  { to: '/settings/webhooks', label: 'area.webhooks', icon: IconWebhook, permission: 'Webhook:View' },
  { to: '/settings/audit-log', label: 'area.auditLog', icon: IconHistory, permission: 'AuditLog:View' },
  { to: '/settings/workspace', label: 'area.workspace', icon: IconBuilding, permission: 'Workspace:View' },
  { to: '/settings/account', label: 'area.account', icon: IconUserCircle },
  { to: '/settings/appearance', label: 'area.appearance', icon: IconAdjustments },
]

/** The areas that exist and that this person may see: a page appears here as soon as its route is in router.ts. */
export function useAreas(): { readonly main: readonly Area[]; readonly settings: readonly Area[] } {
  const { may } = useSession()
  const hasPage = useHasPage()
  const isOpen = ({ to, permission }: Area) => hasPage(to) && (permission === undefined || may(permission))
  return { main: MAIN.filter(isOpen), settings: SETTINGS.filter(isOpen) }
}

/** Whether a path, as routes write it, is a page of this console. */
export function useHasPage(): (path: string) => boolean {
  const { routesByPath } = useRouter()
  return (path) => path in routesByPath
}
