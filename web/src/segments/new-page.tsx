import { Page } from '../parts/page.tsx'
import { useStrings } from '../strings/language.tsx'
import { SegmentForm } from './segment-form.tsx'

/** A new segment. */
export default function NewSegmentPage() {
  const { t } = useStrings()
  return (
    <Page title={t('segments.new')} subtitle={t('segments.newHint')}>
      <SegmentForm />
    </Page>
  )
}
