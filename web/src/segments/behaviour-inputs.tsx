import { Group, NumberInput, Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { campaignChoicesQuery } from './queries.ts'
import { type Behaviour, OUTCOMES } from './tree.ts'

/** The choice that means any campaign of the last days. */
const ANY = 'any'

/** What became of the message of one earlier campaign, or of any of the last days. */
export function BehaviourInputs({ behaviour, onChange }: { readonly behaviour: Behaviour; onChange(behaviour: Behaviour): void }) {
  const { t, named } = useStrings()
  const { may } = useSession()
  const [typed, setTyped] = useState('')
  const [sought] = useDebouncedValue(typed, 300)
  const { outcome, id, sinceDays, button } = behaviour
  const found = useQuery({ ...campaignChoicesQuery(sought), enabled: may('WhatsappCampaign:View') }).data?.items ?? []
  const isClick = outcome === 'Clicked' || outcome === 'NotClicked'
  const withButton = button === undefined || !isClick ? {} : { button }
  return (
    <Group gap="xs" align="flex-start">
      <Select
        aria-label={t('segments.outcome')}
        data={OUTCOMES.map((value) => ({ value, label: named('outcome', value) }))}
        value={outcome}
        onChange={(value) => {
          const { button: _, ...rest } = behaviour
          onChange({ ...rest, outcome: OUTCOMES.find((known) => known === value) ?? outcome })
        }}
        allowDeselect={false}
        flex="1 1 140px"
      />
      <Select
        aria-label={t('segments.campaign')}
        data={[
          { value: ANY, label: t('segments.anyCampaign') },
          ...found.map((campaign) => ({ value: campaign.id, label: campaign.name })),
          ...(id === undefined || found.some((campaign) => campaign.id === id) ? [] : [{ value: id, label: t('segments.oneCampaign') }]),
        ]}
        value={id ?? ANY}
        onChange={(value) =>
          onChange(
            value === null || value === ANY
              ? { outcome, sinceDays: sinceDays ?? 30, ...withButton }
              : { outcome, id: value, ...withButton },
          )
        }
        onSearchChange={setTyped}
        searchable
        allowDeselect={false}
        nothingFoundMessage={t('palette.nothing')}
        flex="3 1 220px"
      />
      {id === undefined && (
        <NumberInput
          aria-label={t('segments.days')}
          suffix={` ${t('segments.daysShort')}`}
          min={1}
          max={3_650}
          allowDecimal={false}
          value={sinceDays ?? ''}
          onChange={(value) => onChange({ outcome, ...withButton, ...(value === '' ? {} : { sinceDays: Number(value) }) })}
          flex="1 1 110px"
        />
      )}
      {isClick && (
        <NumberInput
          aria-label={t('segments.button')}
          placeholder={t('segments.anyButton')}
          min={1}
          max={21}
          allowDecimal={false}
          value={button === undefined ? '' : button + 1}
          onChange={(value) => {
            const { button: _, ...rest } = behaviour
            onChange(value === '' ? rest : { ...rest, button: Number(value) - 1 })
          }}
          flex="1 1 130px"
        />
      )}
    </Group>
  )
}
