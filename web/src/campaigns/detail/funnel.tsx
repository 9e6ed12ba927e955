import { Box, Group, Paper, Text } from '@mantine/core'
import { Fragment } from 'react'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'
import classes from './detail.module.css'

const STEPS = ['audience', 'sent', 'delivered', 'read', 'clicked'] as const

/** How many of the audience came how far: plain bars of one scale, each with its share of the step before. */
export function Funnel({ campaign: { funnel } }: { readonly campaign: Campaign }) {
  const { t, named } = useStrings()
  const format = useFormat()
  return (
    <Paper p="md" bg="var(--surface-card)">
      <Group justify="space-between" mb="sm" gap="xs">
        <Text component="h2" fw={650} fz="h3">
          {t('campaign.funnel')}
        </Text>
        <Text size="xs" c="dimmed">
          {t('campaign.funnelHint')}
        </Text>
      </Group>
      <div className={classes.funnel}>
        {STEPS.map((step, place) => {
          const before = STEPS[place - 1]
          const of = before === undefined ? undefined : funnel[before]
          return (
            <Fragment key={step}>
              <Text size="sm" fw={500}>
                {named('tally', step)}
              </Text>
              <Box className={classes.track} aria-hidden>
                {funnel[step] > 0 && (
                  <Box
                    className={classes.fill}
                    data-part={step}
                    style={{ width: `${(100 * funnel[step]) / Math.max(1, funnel.audience)}%` }}
                  />
                )}
              </Box>
              <Text size="sm" className="number" ta="end">
                <b>{format.number(funnel[step])}</b>{' '}
                {of !== undefined && (
                  <Text span size="xs" c="dimmed">
                    {format.share(of === 0 ? null : funnel[step] / of)}
                  </Text>
                )}
              </Text>
            </Fragment>
          )
        })}
      </div>
    </Paper>
  )
}
