import {
  Alert,
  Anchor,
  Button,
  Group,
  Paper,
  Progress,
  SegmentedControl,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { problemText } from '../../api/problem-text.ts'
import { upload } from '../../api/upload.ts'
import { Page } from '../../parts/page.tsx'
import { useStrings } from '../../strings/language.tsx'
import { tagsQuery } from '../queries.ts'
import { DropZone } from './drop-zone.tsx'
import { EarlierImports } from './earlier-imports.tsx'
import { MappingTable } from './mapping-table.tsx'
import { importQuery, isUnderWay } from './queries.ts'
import { ImportReport } from './report.tsx'
import { type Sample, sampleOf } from './sample.ts'
import { formOf, type ImportSettings, NO_SETTINGS } from './settings.ts'

interface Chosen {
  readonly file: File
  readonly sample: Sample
}
/** A dry run on the server, and what it was asked with: it holds only for that. */
interface Check {
  readonly id: string
  readonly settings: ImportSettings
}

/** From a file to contacts: choose it, see what becomes of each column and row, then import it. Nothing is changed before the last step. */
export default function ImportPage() {
  const strings = useStrings()
  const { t } = strings
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [chosen, setChosen] = useState<Chosen>()
  const [settings, setSettings] = useState(NO_SETTINGS)
  const [check, setCheck] = useState<Check>()
  const [sent, setSent] = useState<number>()
  const [refusal, setRefusal] = useState<string>()
  const checked = useQuery({ ...importQuery(check?.id ?? ''), enabled: check !== undefined })
  const isCurrent = check?.settings === settings
  const isChecked = isCurrent && checked.data !== undefined && !isUnderWay(checked.data)
  const ready = checked.data === undefined ? 0 : checked.data.created + checked.data.updated

  async function send(file: File, asked: ImportSettings, isDryRun: boolean) {
    if (sent !== undefined) return
    setSent(0)
    setRefusal(undefined)
    try {
      const { importId } = await upload<{ importId: string }>('/api/v1/Contact/import', formOf(file, asked, isDryRun), setSent)
      if (isDryRun) setCheck({ id: importId, settings: asked })
      else void navigate({ to: '/contacts/imports/$importId', params: { importId } })
      await queries.invalidateQueries({ queryKey: ['imports', 'list'] })
    } catch (error) {
      const { title, message } = problemText(error, strings)
      setRefusal(`${title} ${message}`)
    } finally {
      setSent(undefined)
    }
  }
  async function choose(file: File) {
    setChosen({ file, sample: await sampleOf(file) })
    const asked = { ...settings, mapping: {} }
    setSettings(asked)
    setCheck(undefined)
    void send(file, asked, true)
  }
  return (
    <Page title={t('imports.title')} subtitle={t('imports.hint')}>
      <Stack maw={960}>
        <Anchor size="sm" renderRoot={(props) => <Link to="/contacts" {...props} />}>
          {t('contacts.all')}
        </Anchor>
        <Paper p="md" bg="var(--surface-card)">
          <Stack>
            <DropZone file={chosen?.file} onFile={(file) => void choose(file)} />
            <Settings settings={settings} onChange={setSettings} />
          </Stack>
        </Paper>
        {refusal !== undefined && (
          <Alert color="red" role="alert" className="typed">
            {refusal}
          </Alert>
        )}
        {sent !== undefined && (
          <div role="status">
            <Text size="sm">{t('imports.uploading')}</Text>
            <Progress value={100 * sent} mt={4} aria-label={t('imports.uploading')} />
          </div>
        )}
        {chosen !== undefined && chosen.sample.headers.length > 0 && (
          <Paper p="md" bg="var(--surface-card)" component="section" aria-labelledby="columns">
            <Text component="h2" id="columns" fw={650} fz="h3" mb="sm">
              {t('imports.columns')}
            </Text>
            <MappingTable
              sample={chosen.sample}
              guessed={checked.data?.mapping ?? {}}
              chosen={settings.mapping}
              onChoose={(header, target) => setSettings((old) => ({ ...old, mapping: { ...old.mapping, [header]: target } }))}
            />
          </Paper>
        )}
        {check !== undefined && checked.data !== undefined && <ImportReport progress={checked.data} />}
        {chosen !== undefined && (
          <Group justify="flex-end">
            <Text size="sm" c="dimmed" role="status">
              {!isCurrent && check !== undefined && t('imports.changed')}
            </Text>
            <Button
              variant="default"
              loading={sent !== undefined}
              disabled={isCurrent}
              onClick={() => void send(chosen.file, settings, true)}
            >
              {t('imports.checkAgain')}
            </Button>
            <Button
              disabled={!isChecked || ready === 0}
              loading={sent !== undefined}
              onClick={() => void send(chosen.file, settings, false)}
            >
              {t('imports.start', { count: isChecked ? ready : 0 })}
            </Button>
          </Group>
        )}
        <EarlierImports />
      </Stack>
    </Page>
  )
}

function Settings({ settings, onChange }: { readonly settings: ImportSettings; onChange(settings: ImportSettings): void }) {
  const { t } = useStrings()
  const known = useQuery(tagsQuery).data?.items.map(({ tag }) => tag) ?? []
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }} style={{ alignItems: 'end' }}>
      <TagsInput
        label={t('imports.tags')}
        data={known}
        maxTags={50}
        value={[...settings.tags]}
        onChange={(tags) => onChange({ ...settings, tags })}
      />
      <TextInput
        label={t('imports.country')}
        placeholder="IN"
        maxLength={2}
        value={settings.defaultCountry}
        onChange={(event) => onChange({ ...settings, defaultCountry: event.currentTarget.value })}
      />
      <div>
        <Text size="sm" fw={500} mb={4} id="on-existing">
          {t('imports.onExisting')}
        </Text>
        <SegmentedControl
          fullWidth
          aria-labelledby="on-existing"
          value={settings.onExisting}
          onChange={(value) => onChange({ ...settings, onExisting: value === 'skip' ? 'skip' : 'update' })}
          data={(['update', 'skip'] as const).map((value) => ({ value, label: t(`imports.onExisting.${value}`) }))}
        />
      </div>
    </SimpleGrid>
  )
}
