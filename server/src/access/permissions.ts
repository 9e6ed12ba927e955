/** Every permission (api.md §2): `Noun:Verb`. */
const VERBS = ['Create', 'Edit', 'Delete', 'View'] as const
const NOUNS = {
  WhatsappCampaign: [...VERBS, 'Execute'],
  Contact: [...VERBS, 'Import', 'Export'],
  Segment: VERBS,
  Suppression: VERBS,
  WhatsappTemplate: [...VERBS, 'Sync'],
  WhatsappAccount: VERBS,
  User: VERBS,
  ApiKey: VERBS,
  Webhook: VERBS,
  AuditLog: ['View'],
  Workspace: ['View', 'Edit', 'Delete'],
} as const
type Nouns = typeof NOUNS
export type Permission = { [Noun in keyof Nouns]: `${Noun}:${Nouns[Noun][number]}` }[keyof Nouns]

export const PERMISSIONS = Object.entries(NOUNS).flatMap(([noun, verbs]) => verbs.map((verb) => `${noun}:${verb}`)) as Permission[]
