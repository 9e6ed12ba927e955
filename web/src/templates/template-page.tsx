import { Anchor, Box, Button, Group, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { IconSpeakerphone, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiProblem } from '../api/problem.ts'
import { Page } from '../parts/page.tsx'
import { Splash } from '../parts/splash.tsx'
import { FailureState } from '../parts/states.tsx'
import { StatusChip } from '../parts/status-chip.tsx'
import { When } from '../parts/when.tsx'
import { examplesOf, messageOf } from '../preview/message.ts'
import { PhonePreview } from '../preview/phone-preview.tsx'
import { useSession } from '../session/session.tsx'
import { NotFoundPage } from '../shell/error-pages.tsx'
import { useStrings } from '../strings/language.tsx'
import { Components } from './components.tsx'
import { DeleteTemplate } from './delete-template.tsx'
import { languageName } from './language-name.ts'
import { QualityMark } from './quality.tsx'
import { type Template, templateQuery } from './queries.ts'
import { templateRoute } from './routes.ts'
import classes from './template-page.module.css'

/** One template: what a phone shows, what it is made of, what campaigns must bring, and what Meta says about it. */
export default function TemplatePage() {
  const { templateId } = templateRoute.useParams()
  const template = useQuery(templateQuery(templateId))
  if (template.error instanceof ApiProblem && template.error.status === 404) return <NotFoundPage />
  if (template.data === undefined && template.error !== null)
    return <FailureState error={template.error} onRetry={() => void template.refetch()} />
  if (template.data === undefined) return <Splash />
  return <Loaded template={template.data} at={template.dataUpdatedAt} />
}

function Loaded({ template, at }: { readonly template: Template; readonly at: number }) {
  const { t, named, locale } = useStrings()
  const { workspace } = useSession()
  return (
    <Page
      title={template.name}
      subtitle={`${languageName(template.language, locale)} · ${named('category', template.category)}`}
      at={at}
      beside={<StatusChip status={template.status} />}
      actions={<Actions template={template} />}
    >
      <Anchor size="sm" mb="sm" display="inline-block" renderRoot={(props) => <Link to="/templates" {...props} />}>
        {t('templates.toList')}
      </Anchor>
      <Notes template={template} />
      <Box className={classes.layout ?? ''}>
        <Stack gap="md" miw={0}>
          <Facts template={template} />
          <Parameters template={template} />
          <Components components={template.components} />
        </Stack>
        <Paper p="md" bg="var(--surface-card)">
          <PhonePreview
            title={t('preview.title')}
            sender={workspace.name}
            message={messageOf(template.components, examplesOf(template.parameters))}
          >
            {template.parameters.length > 0 && (
              <Text size="sm" c="dimmed" ta="center">
                {t('templates.withExamples')}
              </Text>
            )}
          </PhonePreview>
        </Paper>
      </Box>
    </Page>
  )
}

function Actions({ template }: { readonly template: Template }) {
  const { t } = useStrings()
  const { may } = useSession()
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      {may('WhatsappTemplate:Delete') && (
        <Button variant="default" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAsking(true)}>
          {t('templates.delete')}
        </Button>
      )}
      {may('WhatsappCampaign:Create') && template.unsupportedReason === null && (
        <Button
          leftSection={<IconSpeakerphone size={16} aria-hidden />}
          renderRoot={(props) => <Link to="/campaigns/new" search={{ template: template.id }} {...props} />}
        >
          {t('templates.use')}
        </Button>
      )}
      {isAsking && <DeleteTemplate template={template} onClose={() => setAsking(false)} />}
    </>
  )
}

/** Why it cannot be sent, or what Meta wants known. */
function Notes({ template }: { readonly template: Template }) {
  const { t, named } = useStrings()
  const { rejectedReason, notice, unsupportedReason } = template
  const isRejected = rejectedReason !== null && rejectedReason !== 'NONE' && rejectedReason !== ''
  const notes = [
    ...(isRejected ? [['bad', t('templates.rejected', { reason: named('rejected', rejectedReason) })] as const] : []),
    ...(unsupportedReason === null ? [] : [['warn', unsupportedReason] as const]),
    ...(notice === null ? [] : [['warn', notice] as const]),
  ]
  if (notes.length === 0) return null
  return (
    <Stack gap="xs" mb="md">
      {notes.map(([tone, text]) => (
        <Text key={text} size="sm" className={`typed ${classes.note}`} data-tone={tone} role="note">
          {text}
        </Text>
      ))}
    </Stack>
  )
}

function Facts({ template }: { readonly template: Template }) {
  const { t, named } = useStrings()
  return (
    <Paper bg="var(--surface-card)" p="md" component="section" aria-label={t('templates.facts')}>
      <dl className={classes.facts}>
        <div>
          <dt>{t('templates.quality')}</dt>
          <dd>
            <QualityMark quality={template.quality} />
          </dd>
        </div>
        <div>
          <dt>{t('templates.language')}</dt>
          <dd>
            <bdi>{template.language}</bdi>
          </dd>
        </div>
        <div>
          <dt>{t('templates.placeholders')}</dt>
          <dd>{named('parameterFormat', template.parameterFormat)}</dd>
        </div>
        <div>
          <dt>{t('templates.metaId')}</dt>
          <dd className="number">{template.metaId ?? '–'}</dd>
        </div>
        <div>
          <dt>{t('templates.read')}</dt>
          <dd>
            <When at={template.updatedAt} />
          </dd>
        </div>
      </dl>
    </Paper>
  )
}

/** What a campaign must bring. */
function Parameters({ template }: { readonly template: Template }) {
  const { t, named } = useStrings()
  return (
    <Paper bg="var(--surface-card)" p="md" component="section" aria-label={t('templates.parameters')}>
      <Group justify="space-between" mb="xs">
        <Title order={2}>{t('templates.parameters')}</Title>
      </Group>
      {template.parameters.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('templates.noParameters')}
        </Text>
      ) : (
        <Table verticalSpacing={6} horizontalSpacing={0}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('templates.parameter')}</Table.Th>
              <Table.Th>{t('templates.kind')}</Table.Th>
              <Table.Th>{t('templates.example')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {template.parameters.map(({ key, type, example }) => (
              <Table.Tr key={key}>
                <Table.Td>
                  <Text component="bdi" size="sm" ff="monospace">
                    {key}
                  </Text>
                </Table.Td>
                <Table.Td>{named('parameterType', type)}</Table.Td>
                <Table.Td className="typed">{example ?? '–'}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Paper>
  )
}
