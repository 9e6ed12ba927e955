import { Input, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { instantOfWall, wallTimeOf } from '../../parts/wall-time.ts'
import { useSession } from '../../session/session.tsx'
import { workspaceQuery } from '../../settings/queries.ts'
import { useStrings } from '../../strings/language.tsx'
import { QuietHoursInputs } from '../quiet-hours.tsx'
import { useEditor } from './use-editor.ts'

/** When people are left in peace, and by when it should be through. */
export function NightAndEnd() {
  const { t } = useStrings()
  const { draft, change, errorAt, zone, preview } = useEditor()
  const night = useWorkspaceNight()
  const late = preview.data?.finish.late ?? 0
  return (
    <>
      <Input.Wrapper
        labelElement="div"
        label={t('editor.quietHours')}
        description={night === null ? t('editor.quietHoursHint') : t('editor.quietHoursOf', night)}
        error={errorAt('quietHours') ?? errorAt('quietHours.from') ?? errorAt('quietHours.to')}
      >
        <QuietHoursInputs value={draft.quietHours} onChange={(quietHours) => change({ quietHours })} />
      </Input.Wrapper>
      <Stack gap={4}>
        <TextInput
          type="datetime-local"
          label={t('editor.finishBy')}
          description={t('editor.finishByHint', { zone })}
          value={draft.finishBy === null ? '' : wallTimeOf(draft.finishBy, zone)}
          onChange={({ currentTarget: { value } }) => change({ finishBy: instantOfWall(value.slice(0, 16), zone)?.toISOString() ?? null })}
          error={errorAt('finishBy')}
          maw={300}
        />
        {draft.finishBy !== null && late > 0 && (
          <Text size="sm" role="status" style={{ color: 'var(--warn-text)' }}>
            {t('editor.tooLate', { count: late })}
          </Text>
        )}
      </Stack>
    </>
  )
}

/** The night that marketing keeps without one of its own. */
function useWorkspaceNight(): { readonly from: string; readonly to: string } | null {
  const { workspace, may } = useSession()
  const { data } = useQuery({ ...workspaceQuery(workspace.id), enabled: may('Workspace:View') })
  return data?.item.quietHours ?? null
}
