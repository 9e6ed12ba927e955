import { Alert, Anchor, Button, Group, Paper, Table, Text } from '@mantine/core'
import { IconBan, IconInfoCircle, IconSend, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAct } from '../api/act.ts'
import { answer, api } from '../api/client.ts'
import { CampaignLink } from '../campaigns/campaign-link.tsx'
import { AsOf } from '../parts/as-of.tsx'
import { ConfirmDialog } from '../parts/confirm.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { StatusChip } from '../parts/status-chip.tsx'
import { useFormat } from '../parts/use-format.ts'
import { WideTable } from '../parts/wide-table.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { type Experiment, experimentQuery } from './queries.ts'
import { experimentRoute } from './routes.ts'

/** One experiment: its parts side by side, what decides, and its result. */
export default function ExperimentPage() {
  const { t } = useStrings()
  const { id } = experimentRoute.useParams()
  const found = useQuery(experimentQuery(id))
  const { data } = found
  return (
    <Page
      title={data?.name ?? t('area.experiments')}
      beside={data && <StatusChip status={data.status} />}
      actions={data && <Acts experiment={data} />}
    >
      <Loaded label={t('area.experiments')} query={found} height={320}>
        {(experiment) => (
          <>
            <Group justify="space-between" mb="sm">
              <Anchor size="sm" renderRoot={(props) => <Link to={'/experiments' as string} {...props} />}>
                {t('experiments.toList')}
              </Anchor>
              <AsOf at={found.dataUpdatedAt} />
            </Group>
            <Explained experiment={experiment} />
            <Paper bg="var(--surface-card)" p="md">
              <Groups experiment={experiment} />
            </Paper>
          </>
        )}
      </Loaded>
    </Page>
  )
}

/** In words: what will decide, what did, or what went wrong. */
function Explained({ experiment }: { readonly experiment: Experiment }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const { status, decide, decideAt, decision, winner, failure, testShare, holdOutShare } = experiment
  const by = named('experiments.by', decide.by)
  const lines = [
    ...(failure === null ? [] : [failure]),
    ...(decision === null
      ? []
      : [t(`experiments.how.${decision.how as 'time' | 'certainty' | 'person'}`, { winner: winner ?? '', who: decision.by })]),
    ...(status === 'Testing' && decideAt !== null ? [t('experiments.decidesAt', { by, time: format.dateTime(decideAt) })] : []),
    ...(status === 'Draft' ? [t('experiments.draftHint', { test: format.share(testShare), held: format.share(holdOutShare), by })] : []),
    ...(status === 'Testing' && decide.certainty != null ? [t('experiments.earlyAt', { certainty: format.share(decide.certainty) })] : []),
  ]
  if (lines.length === 0) return null
  return (
    <Alert icon={<IconInfoCircle size={18} aria-hidden />} color={failure === null ? 'gray' : 'red'} mb="md">
      {lines.join(' ')}
    </Alert>
  )
}

function Groups({ experiment }: { readonly experiment: Experiment }) {
  const { t, named } = useStrings()
  const format = useFormat()
  const { groups, winner, decide, startedAt } = experiment
  // before the draw nobody is in any part: that is not yet a count of zero
  const count = (figure: number) => (startedAt === null ? '–' : format.number(figure))
  return (
    <>
      <WideTable
        label={t('experiments.parts')}
        minWidth={560}
        numbersFrom={1}
        head={[
          t('experiments.part'),
          t('experiments.people'),
          t('experiments.sent'),
          t('experiments.delivered'),
          named('experiments.rate', decide.by),
          t('experiments.certainty'),
        ]}
      >
        {groups.map(({ group, template, campaign, people, sent, delivered, rate, certainty }) => (
          <Table.Tr key={group}>
            <Table.Td>
              {campaign === null ? (
                <Text size="sm" fw={600}>
                  {named('experiments.group', group)}
                </Text>
              ) : (
                <CampaignLink campaign={{ id: campaign.id, name: named('experiments.group', group) }} />
              )}
              {group === winner && (
                <Text size="xs" fw={600} c="var(--ok-text)">
                  ★ {t('experiments.winner')}
                </Text>
              )}
              {template !== null && (
                <Text size="xs" c="dimmed" className="typed">
                  {template.name} · {template.language}
                </Text>
              )}
            </Table.Td>
            {[count(people), count(sent), count(delivered), format.share(rate), format.share(certainty)].map((figure, column) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a column has no other name than its place
              <Table.Td key={column} ta="end" className="number">
                {figure}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </WideTable>
      <Text size="xs" c="dimmed" mt="sm">
        {t('experiments.certaintyHint')}
      </Text>
    </>
  )
}

type Asked = 'start' | 'cancel' | 'delete' | { readonly winner: string }

function Acts({ experiment }: { readonly experiment: Experiment }) {
  const { t } = useStrings()
  const { may } = useSession()
  const navigate = useNavigate()
  const { id, name, status } = experiment
  const [asked, setAsked] = useState<Asked>()
  const { act, isPending } = useAct({
    run: (what: Asked, key) => {
      const at = { params: { path: { id } }, headers: { 'Idempotency-Key': key } }
      if (what === 'start') return answer(api.POST('/api/v1/Experiment/{id}/start', at))
      if (what === 'cancel') return answer(api.POST('/api/v1/Experiment/{id}/cancel', at))
      if (what === 'delete') return answer(api.DELETE('/api/v1/Experiment/{id}', { params: { path: { id } } }))
      return answer(api.POST('/api/v1/Experiment/{id}/decide', { ...at, body: { winner: what.winner as 'A' } }))
    },
    done: async (_, what) => {
      setAsked(undefined)
      if (what === 'delete') await navigate({ to: '/experiments' as string })
      return t(`experiments.${typeof what === 'string' ? what : 'decide'}.done`, { name })
    },
    changes: [['experiments'], ['campaigns']],
  })
  const executes = may('WhatsappCampaign:Execute')
  const waiting = experiment.groups.reduce((sum, { group, people, sent }) => sum + (group === 'holdOut' ? 0 : people - sent), 0)
  const rest = experiment.groups.find(({ group }) => group === 'rest')?.people ?? 0
  const campaigns = experiment.groups.filter(({ campaign }) => campaign !== null).length
  const hintOf = (what: Asked): string => {
    if (what === 'start') return t('experiments.start.hint')
    if (what === 'cancel') return t('experiments.cancel.hint', { count: waiting })
    if (what === 'delete') return t('experiments.delete.hint', { count: campaigns })
    return t('experiments.choose.hint', { count: rest })
  }
  const variants = experiment.groups.filter(({ group }) => group.length === 1)
  return (
    <>
      {executes && status === 'Draft' && (
        <Button leftSection={<IconSend size={16} aria-hidden />} onClick={() => setAsked('start')}>
          {t('experiments.start')}
        </Button>
      )}
      {executes &&
        status === 'Testing' &&
        variants.map(({ group }) => (
          <Button key={group} variant="default" onClick={() => setAsked({ winner: group })}>
            {t('experiments.choose', { group })}
          </Button>
        ))}
      {executes && (status === 'Testing' || status === 'Starting') && (
        <Button
          variant="default"
          c="var(--mantine-color-error)"
          leftSection={<IconBan size={16} aria-hidden />}
          onClick={() => setAsked('cancel')}
        >
          {t('experiments.cancel')}
        </Button>
      )}
      {may('WhatsappCampaign:Delete') && status !== 'Testing' && status !== 'Starting' && (
        <Button
          variant="default"
          c="var(--mantine-color-error)"
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={() => setAsked('delete')}
        >
          {t('experiments.delete')}
        </Button>
      )}
      {asked !== undefined && (
        <ConfirmDialog
          title={
            typeof asked === 'string' ? t(`experiments.${asked}.title`, { name }) : t('experiments.choose.title', { group: asked.winner })
          }
          verb={typeof asked === 'string' ? t(`experiments.${asked}`) : t('experiments.choose', { group: asked.winner })}
          isDangerous={asked === 'cancel' || asked === 'delete'}
          isPending={isPending}
          onConfirm={() => act(asked)}
          onClose={() => setAsked(undefined)}
        >
          {hintOf(asked)}
        </ConfirmDialog>
      )}
    </>
  )
}
