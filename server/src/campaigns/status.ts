export const CAMPAIGN_STATUSES = ['Draft', 'Scheduled', 'Running', 'Completed', 'Failed', 'Cancelled'] as const
export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number]
export type CampaignEvent = 'schedule' | 'unschedule' | 'start' | 'complete' | 'fail' | 'cancel'

/** Every allowed move; one that is absent is refused. */
const MOVES: Record<CampaignStatus, Partial<Record<CampaignEvent, CampaignStatus>>> = {
  Draft: { schedule: 'Scheduled', start: 'Running', cancel: 'Cancelled' },
  Scheduled: { schedule: 'Scheduled', unschedule: 'Draft', start: 'Running', fail: 'Failed', cancel: 'Cancelled' },
  Running: { complete: 'Completed', fail: 'Failed', cancel: 'Cancelled' },
  Completed: {},
  Failed: {},
  Cancelled: {},
}
export const nextStatus = (from: CampaignStatus, event: CampaignEvent): CampaignStatus | undefined => MOVES[from][event]
export const isEditable = (status: CampaignStatus): boolean => status === 'Draft' || status === 'Scheduled'

export type CampaignAction =
  | 'edit'
  | 'delete'
  | 'run'
  | 'schedule'
  | 'unschedule'
  | 'pause'
  | 'resume'
  | 'cancel'
  | 'duplicate'
  | 'approve'
  | 'resend'
  | 'decideUnknown'
  | 'testSend'
  | 'preview'

/** What decides about a campaign's next steps. */
export interface Standing {
  readonly status: CampaignStatus
  /** The reason of its hold, when it has one. */
  readonly hold: string | null
  /** It has recipients. */
  readonly isFrozen: boolean
  /** They are still kept. */
  readonly hasPeople: boolean
  /** How many of them are Unknown. */
  readonly unknown: number
}

/** What a caller may do with a campaign now; the console shows exactly these. */
export function actionsOf(
  { status, hold, isFrozen, hasPeople, unknown }: Standing,
  may: (permission: string) => boolean,
): CampaignAction[] {
  const edits = may('WhatsappCampaign:Edit')
  const executes = may('WhatsappCampaign:Execute')
  const isLive = status === 'Running' || status === 'Scheduled'
  const open: [CampaignAction, boolean][] = [
    ['edit', edits && isEditable(status)],
    ['run', executes && nextStatus(status, 'start') !== undefined],
    ['schedule', edits && isEditable(status)],
    ['unschedule', edits && status === 'Scheduled'],
    ['pause', executes && isLive && hold === null],
    ['approve', executes && isLive && hold === 'awaiting_approval'],
    ['resume', executes && isLive && hold !== null],
    ['cancel', executes && nextStatus(status, 'cancel') !== undefined],
    ['testSend', executes && isEditable(status)],
    ['resend', may('WhatsappCampaign:Create') && isFrozen && hasPeople && (status === 'Completed' || status === 'Cancelled')],
    ['decideUnknown', executes && isFrozen && hasPeople && unknown > 0],
    ['duplicate', may('WhatsappCampaign:Create')],
    ['delete', may('WhatsappCampaign:Delete') && status !== 'Running'],
  ]
  return open.filter(([, isOpen]) => isOpen).map(([action]) => action)
}
