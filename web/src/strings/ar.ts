import { audit } from './ar/audit.ts'
import { campaign } from './ar/campaign.ts'
import { campaigns } from './ar/campaigns.ts'
import { contacts } from './ar/contacts.ts'
import { dashboard } from './ar/dashboard.ts'
import { editor } from './ar/editor.ts'
import { imports } from './ar/imports.ts'
import { preview } from './ar/preview.ts'
import { session } from './ar/session.ts'
import { settings } from './ar/settings.ts'
import { shared } from './ar/shared.ts'
import { suppressions } from './ar/suppressions.ts'
import { templates } from './ar/templates.ts'
import { workspace } from './ar/workspace.ts'
import type { en } from './en.ts'
import type { Translation } from './text.ts'

export const ar: Translation<typeof en> = {
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
}
