import { account } from './ar/account.ts'
import { audit } from './ar/audit.ts'
import { campaign } from './ar/campaign.ts'
import { campaigns } from './ar/campaigns.ts'
import { consent } from './ar/consent.ts'
import { contacts } from './ar/contacts.ts'
import { dashboard } from './ar/dashboard.ts'
import { editor } from './ar/editor.ts'
import { experiments } from './ar/experiments.ts'
import { imports } from './ar/imports.ts'
import { preflight } from './ar/preflight.ts'
import { preflightSeen } from './ar/preflight-seen.ts'
import { preview } from './ar/preview.ts'
import { recurrences } from './ar/recurrences.ts'
import { segments } from './ar/segments.ts'
import { session } from './ar/session.ts'
import { settings } from './ar/settings.ts'
import { shared } from './ar/shared.ts'
import { suppressions } from './ar/suppressions.ts'
import { team } from './ar/team.ts'
import { templates } from './ar/templates.ts'
import { webhooks } from './ar/webhooks.ts'
import { workspace } from './ar/workspace.ts'
import type { en } from './en.ts'
import type { Translation } from './text.ts'

/** Beyond the English catalogue: what the API says itself, in English. */
export { failures } from './ar/failures.ts'

export const ar: Translation<typeof en> = {
  ...shared,
  ...session,
  ...account,
  ...team,
  ...campaigns,
  ...campaign,
  ...consent,
  ...contacts,
  ...imports,
  ...experiments,
  ...recurrences,
  ...segments,
  ...dashboard,
  ...settings,
  ...audit,
  ...workspace,
  ...webhooks,
  ...preflight,
  ...preflightSeen,
  ...preview,
  ...editor,
  ...suppressions,
  ...templates,
}
