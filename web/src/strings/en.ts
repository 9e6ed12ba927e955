import { account } from './en/account.ts'
import { audit } from './en/audit.ts'
import { campaign } from './en/campaign.ts'
import { campaigns } from './en/campaigns.ts'
import { consent } from './en/consent.ts'
import { contacts } from './en/contacts.ts'
import { dashboard } from './en/dashboard.ts'
import { editor } from './en/editor.ts'
import { experiments } from './en/experiments.ts'
import { imports } from './en/imports.ts'
import { preflight } from './en/preflight.ts'
import { preflightSeen } from './en/preflight-seen.ts'
import { preview } from './en/preview.ts'
import { recurrences } from './en/recurrences.ts'
import { segments } from './en/segments.ts'
import { session } from './en/session.ts'
import { settings } from './en/settings.ts'
import { shared } from './en/shared.ts'
import { suppressions } from './en/suppressions.ts'
import { team } from './en/team.ts'
import { templates } from './en/templates.ts'
import { webhooks } from './en/webhooks.ts'
import { workspace } from './en/workspace.ts'

/** Every text of the console, by key. English is the catalogue that the other languages follow. */
export const en = {
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
} as const
