import type { Permission } from './permissions.ts'

/**
 * Who may call what, stated a second time and by hand, from the contract (api.md §2 to §4): the matrix test fails when a route of OpenAPI
 * is missing here, when one here is gone, and when the two disagree. A new route needs a line.
 */
export type Need = { readonly permissions: readonly Permission[] } | 'everybody' | 'any credential' | 'a person'

const BY_PERMISSION: Partial<Record<Permission, readonly string[]>> = {
  'WhatsappCampaign:View': [
    'GET WhatsappCampaign/{id}',
    'POST WhatsappCampaign/getall',
    'GET WhatsappCampaign/status-counts',
    'GET WhatsappCampaign/dashboard/main',
    'GET WhatsappCampaign/{id}/contacts',
    'GET WhatsappCampaign/{id}/contacts/{contactId}',
    'GET WhatsappCampaign/{id}/button-clicks',
    'POST WhatsappCampaign/preview',
    'GET WhatsappCampaign/{id}/events',
    'GET WhatsappCampaign/{id}/failures',
    'GET WhatsappCampaign/{id}/replies',
    'GET WhatsappCampaign/{id}/timeline',
    'GET WhatsappCampaign/{id}/cost',
  ],
  'WhatsappCampaign:Create': [
    'POST WhatsappCampaign',
    'POST WhatsappCampaign/{id}/duplicate',
    'POST WhatsappCampaign/{id}/resend',
    'POST Media',
  ],
  'WhatsappCampaign:Edit': ['PUT WhatsappCampaign/{id}', 'POST WhatsappCampaign/{id}/schedule', 'POST WhatsappCampaign/{id}/unschedule'],
  'WhatsappCampaign:Delete': ['DELETE WhatsappCampaign/{id}'],
  'WhatsappCampaign:Execute': ['quick-run', 'cancel', 'pause', 'resume', 'approve', 'unknown', 'test-send'].map(
    (act) => `POST WhatsappCampaign/{id}/${act}`,
  ),
  'Contact:View': ['GET Contact/{id}', 'POST Contact/getall', 'GET Contact/tags', 'GET Contact/{id}/timeline'],
  'Contact:Create': ['POST Contact'],
  'Contact:Edit': ['PUT Contact/{id}', 'POST Contact/bulk-tags', 'POST Contact/{id}/opt-out', 'POST Contact/{id}/opt-in'],
  'Contact:Delete': ['DELETE Contact/{id}', 'POST Contact/bulk-delete'],
  'Contact:Import': [
    'POST Contact/import',
    'GET Contact/import/{id}',
    'POST Contact/import/{id}/cancel',
    'POST Contact/import/{id}/undo',
    'GET Contact/import/{id}/errors',
  ],
  'Contact:Export': ['GET Contact/export'],
  'Segment:View': ['GET Segment/{id}', 'POST Segment/getall'],
  'Segment:Create': ['POST Segment'],
  'Segment:Edit': ['PUT Segment/{id}'],
  'Segment:Delete': ['DELETE Segment/{id}'],
  'Suppression:View': ['GET Suppression'],
  'Suppression:Create': ['POST Suppression'],
  'Suppression:Delete': ['DELETE Suppression/{id}'],
  'WhatsappAccount:View': [
    'POST WhatsappAccount/getall',
    'GET WhatsappAccount/{id}',
    'GET WhatsappAccount/{id}/phone-numbers',
    'GET PhoneNumber/{id}',
  ],
  'WhatsappAccount:Create': ['POST WhatsappAccount'],
  'WhatsappAccount:Edit': [
    'PUT WhatsappAccount/{id}',
    'POST WhatsappAccount/{id}/verify',
    'POST WhatsappAccount/{id}/sync',
    'PUT PhoneNumber/{id}',
  ],
  'WhatsappAccount:Delete': ['DELETE WhatsappAccount/{id}'],
  'WhatsappTemplate:View': ['POST WhatsappTemplate/getall', 'GET WhatsappTemplate/{id}', 'POST WhatsappTemplate/{id}/preview'],
  'WhatsappTemplate:Sync': ['POST WhatsappTemplate/sync'],
  'WhatsappTemplate:Create': ['POST WhatsappTemplate'],
  'WhatsappTemplate:Edit': ['PUT WhatsappTemplate/{id}'],
  'WhatsappTemplate:Delete': ['DELETE WhatsappTemplate/{id}'],
  'User:View': ['GET User', 'GET Role', 'GET Role/{id}', 'GET Invitation'],
  'User:Create': ['POST Role', 'POST Invitation'],
  'User:Edit': ['PUT User/{id}', 'PUT Role/{id}'],
  'User:Delete': ['DELETE User/{id}', 'DELETE Role/{id}', 'DELETE Invitation/{id}'],
  'ApiKey:View': ['GET ApiKey', 'GET ApiKey/permissions'],
  'ApiKey:Create': ['POST ApiKey'],
  'ApiKey:Delete': ['DELETE ApiKey/{id}'],
  'Workspace:View': ['GET Workspace', 'GET Workspace/{id}', 'POST RateCard/getall', 'GET RateCard/{id}'],
  'Workspace:Edit': [
    'PUT Workspace/{id}',
    'POST Workspace',
    'POST RateCard',
    'POST RateCard/sample',
    'POST RateCard/import',
    'PUT RateCard/{id}',
    'DELETE RateCard/{id}',
  ],
  'Webhook:View': ['POST WebhookEndpoint/getall', 'GET WebhookEndpoint/{id}', 'GET WebhookEndpoint/{id}/deliveries'],
  'Webhook:Create': ['POST WebhookEndpoint'],
  'Webhook:Edit': ['PUT WebhookEndpoint/{id}', ...['test', 'resend', 'rotate-secret'].map((act) => `POST WebhookEndpoint/{id}/${act}`)],
  'Webhook:Delete': ['DELETE WebhookEndpoint/{id}'],
  'AuditLog:View': ['POST AuditLog/getall'],
}

/** `METHOD path`, the path below `/api/v1/` → what it needs. */
export const NEEDS: ReadonlyMap<string, Need> = new Map<string, Need>([
  ...Object.entries(BY_PERMISSION).flatMap(([permission, routes]) =>
    routes.map((route) => [route, { permissions: [permission as Permission] }] as const),
  ),
  ['GET WhatsappCampaign/{id}/export', { permissions: ['WhatsappCampaign:View', 'Contact:Export'] }],
  ['POST Segment/preview', { permissions: ['Segment:View', 'Contact:View'] }],
  ['GET Setup', 'everybody'],
  ['POST Setup', 'everybody'],
  ['POST Invitation/preview', 'everybody'],
  ['POST Invitation/accept', 'everybody'],
  ['GET Me', 'any credential'],
  ['PUT Me', 'a person'],
  ['GET Session', 'a person'],
  ['DELETE Session/{id}', 'a person'],
  ['POST Session/revoke-others', 'a person'],
])
