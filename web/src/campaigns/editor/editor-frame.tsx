import { Anchor, Box, Button, Group, Paper } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Page } from '../../parts/page.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { useStrings } from '../../strings/language.tsx'
import type { Campaign } from '../queries.ts'
import { AudienceStep } from './audience-step.tsx'
import { DeliveryStep } from './delivery-step.tsx'
import classes from './editor.module.css'
import { EditorPreview } from './editor-preview.tsx'
import { MessageStep } from './message-step.tsx'
import { STEPS, type Step } from './problems.ts'
import { ReviewStep } from './review-step.tsx'
import { SaveStatus } from './save-status.tsx'
import type { Stored } from './saver.ts'
import { StepList } from './step-list.tsx'
import { EditorProvider, useEditor, useNewEditor } from './use-editor.ts'

const CONTENT: Record<Step, () => React.ReactNode> = {
  message: MessageStep,
  audience: AudienceStep,
  delivery: DeliveryStep,
  review: ReviewStep,
}

/** Four steps in any order, and beside them the phone that shows what comes of them. */
export function EditorFrame({ opened, onMade }: { readonly opened?: Stored<Campaign>; readonly onMade?: (id: string) => void }) {
  const { t } = useStrings()
  const editor = useNewEditor(opened)
  const { campaign, saver, isScheduled, step } = editor
  useAddress(campaign?.id, onMade)
  useLastWords(() => (isScheduled ? Promise.resolve() : saver.flush()))
  const Content = CONTENT[step]
  return (
    <EditorProvider value={editor}>
      <Page
        title={campaign?.name ?? t('editor.new')}
        beside={campaign !== undefined && <StatusChip status={campaign.hold === null ? campaign.status : 'Held'} />}
        actions={<SaveStatus />}
      >
        <Anchor size="sm" mb="sm" display="inline-block" renderRoot={(props) => <Link to="/campaigns" {...props} />}>
          {t('campaigns.toList')}
        </Anchor>
        <Box className={classes.layout}>
          <Paper bg="var(--surface-card)" className={classes.main ?? ''}>
            <StepList />
            <Box p={{ base: 'md', sm: 'lg' }}>
              <Content />
              <BackAndNext />
            </Box>
          </Paper>
          <Paper bg="var(--surface-card)" p="md" className={classes.aside ?? ''}>
            <EditorPreview />
          </Paper>
        </Box>
      </Page>
    </EditorProvider>
  )
}

/** A campaign gets its own address as soon as it is stored; what is typed meanwhile stays. */
function useAddress(id: string | undefined, onMade: ((id: string) => void) | undefined): void {
  const navigate = useNavigate()
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the campaign is made
  useEffect(() => {
    if (id === undefined || onMade === undefined) return
    onMade(id)
    void navigate({
      to: '/campaigns/$campaignId/edit',
      params: { campaignId: id },
      search: (old) => ({ ...old, template: undefined }),
      replace: true,
      resetScroll: false,
    })
  }, [id])
}

/** Stores the last words of whoever goes to another page at once. */
function useLastWords(flush: () => Promise<unknown>): void {
  const queries = useQueryClient()
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the page is left
  useEffect(
    () => () => {
      flush()
        .catch(() => {})
        .finally(() => queries.invalidateQueries({ queryKey: ['campaigns'] }))
    },
    [],
  )
}

function BackAndNext() {
  const { t, named } = useStrings()
  const { step, go } = useEditor()
  const at = STEPS.indexOf(step)
  const back = STEPS[at - 1]
  const next = STEPS[at + 1]
  return (
    <Group justify="space-between" mt="xl">
      {back === undefined ? (
        <span />
      ) : (
        <Button variant="default" onClick={() => go(back)}>
          {t('editor.back')}
        </Button>
      )}
      {next !== undefined && <Button onClick={() => go(next)}>{t('editor.next', { step: named('editorStep', next) })}</Button>}
    </Group>
  )
}
