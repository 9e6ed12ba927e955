import { SimpleGrid } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Tile } from '../../parts/tile.tsx'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'
import type { RecipientStatus } from './queries.ts'

interface Figure {
  readonly name: string
  readonly value: string
  readonly share: string
  readonly to?: { readonly hash: string; readonly status?: RecipientStatus }
  readonly look?: 'alarm' | 'doubt'
}

/** The figures that matter, each with what it is a share of; each leads to the people behind it. */
export function Tiles({ campaign }: { readonly campaign: Campaign }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const { counts, funnel, cost } = campaign
  const of = (part: number, whole: number, name: string) =>
    t('campaign.shareOf', { share: format.share(whole === 0 ? null : part / whole), total: whole, name: named('tallyOf', name) })
  const list = (status: RecipientStatus) => ({ hash: 'deliveries', status })
  const tiles: Figure[] = [
    { name: 'sent', value: format.number(funnel.sent), share: of(funnel.sent, counts.audience, 'audience'), to: { hash: 'deliveries' } },
    { name: 'delivered', value: format.number(funnel.delivered), share: of(funnel.delivered, funnel.sent, 'sent'), to: list('Delivered') },
    { name: 'read', value: format.number(funnel.read), share: of(funnel.read, funnel.delivered, 'delivered'), to: list('Read') },
    {
      name: 'clicked',
      value: format.number(funnel.clicked),
      share: of(funnel.clicked, funnel.delivered, 'delivered'),
      to: { hash: 'buttons' },
    },
    {
      name: 'replied',
      value: format.number(funnel.replied),
      share: of(funnel.replied, funnel.delivered, 'delivered'),
      to: { hash: 'replies' },
    },
    { name: 'optedOut', value: format.number(funnel.optedOut), share: of(funnel.optedOut, funnel.delivered, 'delivered') },
    {
      name: 'failed',
      value: format.number(counts.failed),
      share: of(counts.failed, counts.audience, 'audience'),
      to: list('Failed'),
      ...(counts.failed > 0 ? { look: 'alarm' as const } : {}),
    },
    {
      name: 'unknown',
      value: format.number(counts.unknown),
      share: of(counts.unknown, counts.audience, 'audience'),
      to: list('Unknown'),
      ...(counts.unknown > 0 ? { look: 'doubt' as const } : {}),
    },
    { name: 'skipped', value: format.number(counts.skipped), share: of(counts.skipped, counts.audience, 'audience'), to: list('Skipped') },
    { name: 'cost', value: cost === null ? '–' : format.money(cost), share: t(cost === null ? 'campaign.noCost' : 'campaign.costSoFar') },
  ]
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="sm">
      {tiles.map(({ name, value, share, to, look }) => (
        <Tile
          key={name}
          label={named('tally', name)}
          value={value}
          note={share}
          look={look}
          link={
            to &&
            ((tile) => (
              <Link
                to="/campaigns/$campaignId"
                params={{ campaignId: campaign.id }}
                search={{ status: to.status }}
                hash={to.hash}
                {...tile}
              />
            ))
          }
        />
      ))}
    </SimpleGrid>
  )
}
