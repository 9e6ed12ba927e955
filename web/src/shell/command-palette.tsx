import { useDebouncedValue } from '@mantine/hooks'
import '@mantine/spotlight/styles.css'
import { Spotlight, type SpotlightActionGroupData, spotlight } from '@mantine/spotlight'
import { IconBook2, IconBuilding, IconLogout, IconPlus, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { campaignsQuery } from '../campaigns/queries.ts'
import { baseOf } from '../session/place.ts'
import { useSession } from '../session/session.tsx'
import { signOut } from '../session/sign-out.ts'
import { useStrings } from '../strings/language.tsx'
import { useAreas, useHasPage } from './areas.ts'

/** Ctrl/⌘ K: every area, campaigns by name, other workspaces, and a few acts, without a mouse. @param opened how often it was asked for */
export default function CommandPalette({ opened }: { readonly opened: number }) {
  const { t, named } = useStrings()
  const { navigate } = useRouter()
  const { workspace, workspaces, may } = useSession()
  const { main, settings } = useAreas()
  const hasPage = useHasPage()
  const [term, setTerm] = useState('')
  const [wanted] = useDebouncedValue(term.trim(), 200)
  const mayFind = may('WhatsappCampaign:View') && wanted.length >= 2
  const found = useQuery({ ...campaignsQuery({ q: wanted, size: 5 }), enabled: mayFind })
  useEffect(() => {
    if (opened > 0) spotlight.open()
  }, [opened])
  const go = (to: string) => () => void navigate({ to })

  const groups: SpotlightActionGroupData[] = [
    {
      group: t('palette.acts'),
      actions:
        hasPage('/campaigns/new') && may('WhatsappCampaign:Create')
          ? [{ id: 'new', label: t('campaigns.new'), leftSection: <IconPlus size={18} aria-hidden />, onClick: go('/campaigns/new') }]
          : [],
    },
    {
      group: t('palette.areas'),
      actions: [...main, ...settings].map(({ to, label, icon: Icon }) => ({
        id: to,
        label: t(label),
        leftSection: <Icon size={18} stroke={1.6} aria-hidden />,
        onClick: go(to),
      })),
    },
    {
      group: t('area.campaigns'),
      actions: (mayFind ? (found.data?.items ?? []) : []).map(({ id, name, status, template }) => ({
        id,
        label: name,
        description: `${named('status', status)} · ${template.name}`,
        leftSection: <IconSearch size={18} stroke={1.6} aria-hidden />,
        onClick: () => void navigate({ to: '/campaigns/$campaignId', params: { campaignId: id } }),
      })),
    },
    {
      group: t('palette.account'),
      actions: [
        ...workspaces
          .filter(({ id }) => id !== workspace.id)
          .map(({ id, name }) => ({
            id: `workspace-${id}`,
            label: t('workspace.goTo', { name }),
            leftSection: <IconBuilding size={18} stroke={1.6} aria-hidden />,
            onClick: () => location.assign(baseOf(id)),
          })),
        {
          id: 'docs',
          label: t('account.apiPage'),
          leftSection: <IconBook2 size={18} aria-hidden />,
          onClick: () => location.assign('/docs'),
        },
        { id: 'out', label: t('account.signOut'), leftSection: <IconLogout size={18} aria-hidden />, onClick: () => void signOut() },
      ],
    },
  ]
  return (
    <Spotlight
      actions={groups.filter(({ actions }) => actions.length > 0)}
      query={term}
      onQueryChange={setTerm}
      shortcut={null}
      nothingFound={t('palette.nothing')}
      highlightQuery
      scrollable
      attributes={{ content: { 'aria-label': t('palette.open') } }}
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: t('palette.placeholder'),
        'aria-label': t('palette.open'),
      }}
    />
  )
}
