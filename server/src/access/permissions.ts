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

/** Nouns and their verbs, as the rows of a permission matrix. */
export const PERMISSION_MATRIX: readonly { readonly noun: string; readonly verbs: readonly string[] }[] = Object.entries(NOUNS).map(
  ([noun, verbs]) => ({ noun, verbs }),
)

export const PERMISSIONS = PERMISSION_MATRIX.flatMap(({ noun, verbs }) => verbs.map((verb) => `${noun}:${verb}`)) as Permission[]
