import { useHotkeys } from '@mantine/hooks'
import { useRouter } from '@tanstack/react-router'
import { useSession } from '../session/session.tsx'
import { useHasPage } from './areas.ts'

/** Marks the search field of a page, which `/` goes to. */
export const SEARCH_FIELD = { 'data-search': true }

/** `n`: a new campaign. `/`: the page's search. Never while typing. (Ctrl/⌘ K is the palette's own.) */
export function useShortcuts(): void {
  const { navigate } = useRouter()
  const { may } = useSession()
  const hasPage = useHasPage()
  useHotkeys([
    ['n', () => hasPage('/campaigns/new') && may('WhatsappCampaign:Create') && void navigate({ to: '/campaigns/new' as string })],
    ['/', () => document.querySelector<HTMLInputElement>('input[data-search]')?.focus()],
  ])
}
