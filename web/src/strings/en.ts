import { audit } from './en/audit.ts'
import { campaign } from './en/campaign.ts'
import { campaigns } from './en/campaigns.ts'
import { contacts } from './en/contacts.ts'
import { dashboard } from './en/dashboard.ts'
import { editor } from './en/editor.ts'
import { imports } from './en/imports.ts'
import { preview } from './en/preview.ts'
import { session } from './en/session.ts'
import { settings } from './en/settings.ts'
import { shared } from './en/shared.ts'
import { suppressions } from './en/suppressions.ts'
import { templates } from './en/templates.ts'
import { workspace } from './en/workspace.ts'

/** Every text of the console, by key. English is the catalogue that the other languages follow. */
export const en = {
  ...shared,
  ...session,
  ...campaigns,
  ...campaign,
  ...contacts,
  ...imports,
  ...dashboard,
  ...settings,
  ...audit,
  ...workspace,
  ...preview,
  ...editor,
  ...suppressions,
  ...templates,
} as const
