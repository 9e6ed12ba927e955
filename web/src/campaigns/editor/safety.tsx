import { Group, NumberInput, Stack, Switch } from '@mantine/core'
import { useStrings } from '../../strings/language.tsx'
import { USUAL_BREAKER, USUAL_CANARY } from './draft.ts'
import { useEditor } from './use-editor.ts'

/** A few people first, and a stop when too many fail. */
export function Safety() {
  const { t } = useStrings()
  const { draft, change } = useEditor()
  const { canary, circuitBreaker } = draft
  const setCanary = (part: Partial<typeof USUAL_CANARY>) => change({ canary: { ...(canary ?? USUAL_CANARY), ...part } })
  const setBreaker = (part: Partial<typeof USUAL_BREAKER>) => change({ circuitBreaker: { ...(circuitBreaker ?? USUAL_BREAKER), ...part } })
  return (
    <Stack gap="lg">
      <Stack gap="sm">
        <Switch
          label={t('editor.canary')}
          description={t('editor.canaryHint')}
          checked={canary !== null}
          onChange={({ currentTarget: { checked } }) => change({ canary: checked ? USUAL_CANARY : null })}
        />
        {canary !== null && (
          <Group gap="sm" align="flex-start">
            <Percent
              label={t('editor.canaryShare')}
              path="canary.share"
              value={canary.share}
              max={50}
              onChange={(share) => setCanary({ share })}
            />
            <Whole
              label={t('editor.canaryWait')}
              path="canary.waitMinutes"
              value={canary.waitMinutes}
              min={1}
              max={1_440}
              onChange={(waitMinutes) => setCanary({ waitMinutes })}
            />
          </Group>
        )}
      </Stack>
      <Stack gap="sm">
        <Switch
          label={t('editor.breaker')}
          description={t('editor.breakerHint')}
          checked={circuitBreaker !== null}
          onChange={({ currentTarget: { checked } }) => change({ circuitBreaker: checked ? USUAL_BREAKER : null })}
        />
        {circuitBreaker !== null && (
          <Group gap="sm" align="flex-start">
            <Percent
              label={t('editor.breakerShare')}
              path="circuitBreaker.failureShare"
              value={circuitBreaker.failureShare}
              max={100}
              onChange={(failureShare) => setBreaker({ failureShare })}
            />
            <Whole
              label={t('editor.breakerAfter')}
              path="circuitBreaker.afterMessages"
              value={circuitBreaker.afterMessages}
              min={10}
              max={100_000}
              onChange={(afterMessages) => setBreaker({ afterMessages })}
            />
          </Group>
        )}
      </Stack>
    </Stack>
  )
}

interface FieldProps {
  readonly label: string
  /** Of the field in the API. */
  readonly path: string
  readonly value: number
  readonly onChange: (value: number) => void
}

/** A share, shown as a percentage. */
function Percent({ label, path, value, max, onChange }: FieldProps & { readonly max: number }) {
  const { errorAt } = useEditor()
  return (
    <NumberInput
      label={label}
      suffix=" %"
      min={0.1}
      max={max}
      decimalScale={1}
      allowNegative={false}
      hideControls
      value={Math.round(value * 1_000) / 10}
      onChange={(now) => typeof now === 'number' && onChange(Math.round(now * 10) / 1_000)}
      error={errorAt(path)}
      flex="1 1 180px"
      maw={260}
    />
  )
}

function Whole({ label, path, value, min, max, onChange }: FieldProps & { readonly min: number; readonly max: number }) {
  const { errorAt } = useEditor()
  return (
    <NumberInput
      label={label}
      min={min}
      max={max}
      allowDecimal={false}
      allowNegative={false}
      hideControls
      value={value}
      onChange={(now) => typeof now === 'number' && onChange(now)}
      error={errorAt(path)}
      flex="1 1 180px"
      maw={260}
    />
  )
}
