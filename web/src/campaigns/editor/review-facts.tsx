import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useFormat } from '../../parts/use-format.ts'
import { useStrings } from '../../strings/language.tsx'
import { durationOf } from './duration.ts'
import classes from './editor.module.css'
import { useEditor } from './use-editor.ts'

/** People, cost, how long it takes, when it is done: what the API estimates for the message and audience as they stand. */
export function ReviewFacts() {
  const { t, locale } = useStrings()
  const format = useFormat()
  const { preview, draft } = useEditor()
  const { data } = preview
  if (data === undefined) return null
  const seconds = durationOf(data.estimatedSeconds, data.now, data.eligible, draft.ratePerSecond)
  /** When the last one goes; over several days of a limit, when the rest begins. */
  const ends = data.restFrom ?? data.finish.expectedAt
  const { value, unit } = coarse(seconds)
  return (
    <dl className={classes.facts}>
      <Fact label={t('editor.people')}>
        <span className="number">{format.number(data.eligible)}</span>
        <Text size="xs" c="dimmed" className="number">
          {t('editor.ofMatched', { count: data.matched })}
        </Text>
      </Fact>
      <Fact label={t('editor.cost')}>
        {data.estimatedCost === null ? (
          <>
            –
            <Text size="xs" c="dimmed">
              {t('editor.noRates')}
            </Text>
          </>
        ) : (
          <>
            <span className="number">{format.money(data.estimatedCost)}</span>
            <Text size="xs" c="dimmed">
              {t('editor.estimated')}
            </Text>
          </>
        )}
      </Fact>
      <Fact label={t('editor.duration')}>
        {new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 1 }).format(value)}
        <Text size="xs" c="dimmed">
          {t(data.restFrom === null ? 'editor.atFullRate' : 'editor.firstPart', { count: data.now })}
        </Text>
      </Fact>
      <Fact label={t(data.restFrom === null ? 'editor.finish' : 'editor.restFrom')}>
        <span>{ends === null ? '–' : format.shortDateTime(ends)}</span>
        {data.finish.late > 0 && draft.finishBy !== null ? (
          <Text size="xs" style={{ color: 'var(--warn-text)' }}>
            {t('editor.tooLate', { count: data.finish.late })}
          </Text>
        ) : (
          <Text size="xs" c="dimmed">
            {t(data.restFrom === null ? 'editor.ifStarted' : 'editor.limitShort')}
          </Text>
        )}
      </Fact>
    </dl>
  )
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function coarse(seconds: number): { value: number; unit: 'second' | 'minute' | 'hour' | 'day' } {
  if (seconds < 60) return { value: Math.max(1, Math.round(seconds)), unit: 'second' }
  if (seconds < 3_600) return { value: Math.round(seconds / 60), unit: 'minute' }
  if (seconds < 172_800) return { value: Math.round(seconds / 360) / 10, unit: 'hour' }
  return { value: Math.round(seconds / 8_640) / 10, unit: 'day' }
}
