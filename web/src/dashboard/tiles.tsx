import { SimpleGrid } from '@mantine/core'
import { IconArrowDownRight, IconArrowUpRight, IconEqual } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Tile } from '../parts/tile.tsx'
import { useFormat } from '../parts/use-format.ts'
import { useStrings } from '../strings/language.tsx'
import { changeOf, pointsOf } from './change.ts'
import type { Dashboard } from './queries.ts'

/** Totals and rates of the period, each against the period before. */
export function Tiles({ dashboard: { totals, rates, previous } }: { readonly dashboard: Dashboard }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const count = (name: 'sent' | 'replied' | 'optedOut') => ({
    label: named('tally', name),
    value: format.number(totals[name]),
    note: <Change by={changeOf(totals[name], previous.totals[name])} write={format.change} />,
  })
  const rate = (name: keyof typeof rates, total: 'delivered' | 'read' | 'clicked' | 'failed') => {
    const by = pointsOf(rates[name], previous.rates[name])
    return {
      label: t(`dashboard.rate.${name}`),
      value: format.share(rates[name]),
      note: (
        <>
          {t(`dashboard.of.${name}`, { count: totals[total] })}
          {by !== null && (
            <>
              {' · '}
              <Change by={by} write={format.points} />
            </>
          )}
        </>
      ),
      look: name === 'failure' && (rates[name] ?? 0) > ALARM ? ('alarm' as const) : undefined,
    }
  }
  const cost = {
    label: named('tally', 'cost'),
    value: totals.cost === null ? '–' : format.money(totals.cost),
    note:
      totals.cost === null ? (
        t('campaign.noCost')
      ) : (
        <Change
          by={
            previous.totals.cost?.currency === totals.cost.currency
              ? changeOf(Number(totals.cost.amount), Number(previous.totals.cost.amount))
              : null
          }
          write={format.change}
        />
      ),
  }
  const tiles = [
    count('sent'),
    rate('delivery', 'delivered'),
    rate('read', 'read'),
    rate('click', 'clicked'),
    rate('failure', 'failed'),
    count('replied'),
    count('optedOut'),
    cost,
  ]
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
      {tiles.map((tile) => (
        <Tile key={tile.label} {...tile} />
      ))}
    </SimpleGrid>
  )
}

/** A share of failures worth a look: good lists stay far below. */
const ALARM = 0.1

function Change({ by, write }: { readonly by: number | null; write(by: number): string }): ReactNode {
  const { t } = useStrings()
  if (by === null) return t('dashboard.noneBefore')
  const Icon = by === 0 ? IconEqual : by > 0 ? IconArrowUpRight : IconArrowDownRight
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      <Icon size={13} aria-hidden style={{ verticalAlign: '-2px' }} /> {t('dashboard.against', { change: write(by) })}
    </span>
  )
}
