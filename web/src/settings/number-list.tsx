import { Button, Group, Modal, NumberInput, ScrollArea, Skeleton, Stack, Switch, Table, Text, VisuallyHidden } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { fieldErrors } from '../api/problem.ts'
import { FailureState } from '../parts/states.tsx'
import { useFormat } from '../parts/use-format.ts'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Account, numbersQuery, type PhoneNumber } from './queries.ts'

/** The numbers of one account: what Meta says of them, and the pace they are allowed. */
export function NumberList({ account }: { readonly account: Account }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const { may } = useSession()
  const numbers = useQuery(numbersQuery(account.id))
  const [changing, setChanging] = useState<PhoneNumber>()
  if (numbers.data === undefined && numbers.error !== null)
    return <FailureState error={numbers.error} onRetry={() => void numbers.refetch()} />
  if (numbers.data === undefined)
    return <Skeleton height={80} role="status" aria-busy aria-label={t('list.loading', { label: t('area.numbers') })} />
  if (numbers.data.items.length === 0) return <Text size="sm">{t('numbers.noNumbers')}</Text>
  const orDash = (value: number | null) => (value === null ? t('numbers.automatic') : format.number(value))
  return (
    <>
      <ScrollArea viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': t('numbers.numbersOf', { name: account.name }) }}>
        <Table miw={820} verticalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('numbers.number')}</Table.Th>
              <Table.Th>{t('numbers.quality')}</Table.Th>
              <Table.Th>{t('numbers.status')}</Table.Th>
              <Table.Th ta="end">{t('numbers.used')}</Table.Th>
              <Table.Th ta="end">{t('numbers.rate')}</Table.Th>
              <Table.Th ta="end">{t('numbers.inFlight')}</Table.Th>
              {may('WhatsappAccount:Edit') && (
                <Table.Th>
                  <VisuallyHidden>{t('campaigns.actions')}</VisuallyHidden>
                </Table.Th>
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {numbers.data.items.map((number) => (
              <Table.Tr key={number.id}>
                <Table.Td>
                  <Text size="sm" fw={600} className="number">
                    <bdi dir="ltr">{number.displayPhoneNumber}</bdi>
                  </Text>
                  <Text size="xs" c="dimmed" className="typed">
                    {number.verifiedName}
                    {number.isDefault && ` · ${t('numbers.default')}`}
                  </Text>
                </Table.Td>
                <Table.Td>{named('quality', number.qualityRating)}</Table.Td>
                <Table.Td>{named('numberStatus', number.status)}</Table.Td>
                <Table.Td ta="end" className="number">
                  {t('numbers.usedOf', {
                    used: number.usedLast24h,
                    limit:
                      number.dailyLimit === null
                        ? named('limit', number.messagingLimit.replace('TIER_', ''))
                        : format.number(number.dailyLimit),
                  })}
                </Table.Td>
                <Table.Td ta="end" className="number">
                  {format.number(number.ratePerSecond ?? number.throughputPerSecond)}
                </Table.Td>
                <Table.Td ta="end" className="number">
                  {orDash(number.maxInFlight)}
                </Table.Td>
                {may('WhatsappAccount:Edit') && (
                  <Table.Td ta="end">
                    <Button
                      size="xs"
                      variant="default"
                      aria-label={t('numbers.changeOf', { number: number.displayPhoneNumber })}
                      onClick={() => setChanging(number)}
                    >
                      {t('numbers.change')}
                    </Button>
                  </Table.Td>
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {changing !== undefined && <ChangeNumber number={changing} onClose={() => setChanging(undefined)} />}
    </>
  )
}

const FIELDS = ['ratePerSecond', 'maxInFlight', 'dailyLimit', 'isDefault'] as const

function ChangeNumber({ number, onClose }: { readonly number: PhoneNumber; onClose(): void }) {
  const { t } = useStrings()
  const [failures, setFailures] = useState<readonly string[]>([])
  const form = useForm<{ ratePerSecond: number | ''; maxInFlight: number | ''; dailyLimit: number | ''; isDefault: boolean }>({
    initialValues: {
      ratePerSecond: number.ratePerSecond ?? '',
      maxInFlight: number.maxInFlight ?? '',
      dailyLimit: number.dailyLimit ?? '',
      isDefault: number.isDefault,
    },
  })
  const { act, isPending } = useAct({
    run: ({ ratePerSecond, maxInFlight, dailyLimit, isDefault }: typeof form.values, key) =>
      answer(
        api.PUT('/api/v1/PhoneNumber/{id}', {
          params: { path: { id: number.id } },
          headers: { 'Idempotency-Key': key },
          body: {
            ratePerSecond: ratePerSecond === '' ? null : ratePerSecond,
            maxInFlight: maxInFlight === '' ? null : maxInFlight,
            dailyLimit: dailyLimit === '' ? null : dailyLimit,
            isDefault,
          },
        }),
      ),
    done: () => {
      onClose()
      return t('numbers.changedOf', { number: number.displayPhoneNumber })
    },
    changes: [['accounts']],
    onProblem: (problem) => {
      const { byField, rest } = fieldErrors(problem, FIELDS)
      form.setErrors(byField)
      setFailures(rest)
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('numbers.changeOf', { number: number.displayPhoneNumber })}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <form onSubmit={form.onSubmit(act)}>
        <Stack>
          {failures.map((failure) => (
            <Text key={failure} size="sm" role="alert" style={{ color: 'var(--bad-text)' }}>
              {failure}
            </Text>
          ))}
          <NumberInput
            label={t('numbers.rate')}
            description={t('numbers.rateHint', { count: number.throughputPerSecond })}
            min={1}
            max={10_000}
            allowDecimal={false}
            data-autofocus
            {...form.getInputProps('ratePerSecond')}
          />
          <NumberInput
            label={t('numbers.inFlight')}
            description={t('numbers.inFlightHint')}
            min={1}
            max={2_000}
            allowDecimal={false}
            {...form.getInputProps('maxInFlight')}
          />
          <NumberInput
            label={t('numbers.dailyLimit')}
            description={t('numbers.dailyLimitHint')}
            min={1}
            allowDecimal={false}
            {...form.getInputProps('dailyLimit')}
          />
          <Switch label={t('numbers.isDefault')} disabled={number.isDefault} {...form.getInputProps('isDefault', { type: 'checkbox' })} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('confirm.leave')}
            </Button>
            <Button type="submit" loading={isPending}>
              {t('numbers.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
