import { Button, Paper, Tabs } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Page } from '../parts/page.tsx'
import { useSession } from '../session/session.tsx'
import { useStrings } from '../strings/language.tsx'
import { ExportButton, HistoryList } from './history-list.tsx'
import { historyQuery } from './queries.ts'
import { consentRoute, TABS } from './routes.ts'
import { TopicDialog } from './topic-dialog.tsx'
import { TopicList } from './topic-list.tsx'
import { WordsTab } from './words-tab.tsx'

/** Who said yes or no and how; what about; and the words that say it. */
export default function ConsentPage() {
  const { t } = useStrings()
  const { may, workspace } = useSession()
  const search = consentRoute.useSearch()
  const navigate = useNavigate({ from: consentRoute.fullPath })
  const [isAdding, setIsAdding] = useState(false)
  const tabs = TABS.filter((tab) => tab !== 'words' || may('Workspace:View'))
  const tab = tabs.find((known) => known === search.tab) ?? 'history'
  const add = may('Contact:Create') && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setIsAdding(true)}>
      {t('consent.newTopic')}
    </Button>
  )
  // asked for by the list; here only how old it is
  const history = useQuery({ ...historyQuery(search, workspace.timeZone), enabled: false })
  const acts = { history: <ExportButton search={search} />, topics: add, words: undefined }
  return (
    <Page
      title={t('area.consent')}
      subtitle={t('consent.hint')}
      at={tab === 'history' ? history.dataUpdatedAt : undefined}
      actions={acts[tab]}
    >
      <Paper bg="var(--surface-card)">
        <Tabs
          value={tab}
          onChange={(value) => void navigate({ search: { tab: TABS.find((known) => known === value) } })}
          keepMounted={false}
        >
          <Tabs.List px="md" aria-label={t('area.consent')}>
            {tabs.map((known) => (
              <Tabs.Tab key={known} value={known}>
                {t(`consent.${known}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="history">
            <HistoryList search={search} onSearch={(changed) => void navigate({ search: changed })} />
          </Tabs.Panel>
          <Tabs.Panel value="topics">
            <TopicList add={add} />
          </Tabs.Panel>
          <Tabs.Panel value="words">
            <WordsTab />
          </Tabs.Panel>
        </Tabs>
      </Paper>
      {isAdding && <TopicDialog onClose={() => setIsAdding(false)} />}
    </Page>
  )
}
