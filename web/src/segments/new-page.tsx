import { Page } from '../parts/page.tsx'
import { useStrings } from '../strings/language.tsx'
import { newSegmentRoute } from './routes.ts'
import { SegmentForm } from './segment-form.tsx'

/** A new segment. */
export default function NewSegmentPage() {
  const { t } = useStrings()
  const { campaign, button } = newSegmentRoute.useSearch()
  const pressed = campaign !== undefined && {
    id: campaign,
    outcome: 'Clicked' as const,
    ...(button !== undefined && { button: button - 1 }),
  }
  return (
    <Page title={t('segments.new')} subtitle={t('segments.newHint')}>
      <SegmentForm {...(pressed && { start: { campaign: pressed } })} />
    </Page>
  )
}
