import type { Hold } from '../dispatch/holds.ts'
import type { Problem } from '../platform/problem.ts'
import { type AudienceFacts, judgeAudience, judgeCost, judgeFinish, judgeNight, judgeRoom } from './audience.ts'
import { blocker, type Finding, inOrder } from './finding.ts'
import { judgeLanguages, judgeLinks, judgeMedia, judgeTemplate, judgeVariables, type MediaFacts, type TemplateFacts } from './message.ts'
import { judgeApproval, judgeCanary, judgeHolds, judgeSchedule, judgeSender, judgeUnknown, type SenderFacts } from './sending.ts'

/** All that is looked at before a launch. */
export interface Facts {
  readonly now: Date
  /** Why quick-run would refuse, in its order. */
  readonly refusals: readonly Problem[]
  readonly template: TemplateFacts
  /** Parameters of the template; undefined: the message is refused. */
  readonly parameters: readonly string[] | undefined
  readonly languages: readonly { readonly language: string; readonly reason: string | null }[] | null
  readonly media: readonly MediaFacts[]
  readonly links: readonly { readonly key: string; readonly source: string }[]
  /** Undefined: there is none. */
  readonly sender: SenderFacts | undefined
  readonly holds: readonly Hold[]
  /** Undefined: it cannot be counted before what is refused is mended. */
  readonly audience: AudienceFacts | undefined
  readonly isEveryone: boolean
  readonly scheduledAt: Date | null
  readonly finishBy: Date | null
  readonly unknownPolicy: string
  readonly hasCanary: boolean
  readonly approval: { readonly isGiven: boolean } | null
}

/** Everything at once: what stops it first. Pure. */
export function judge(facts: Facts): Finding[] {
  const { audience, sender, template, now } = facts
  const endsAt = audience?.finish.expectedAt == null ? null : new Date(audience.finish.expectedAt)
  const cost = audience && judgeCost(audience)
  return inOrder([
    ...facts.refusals.map(blocker),
    ...judgeTemplate(template),
    ...judgeVariables(facts.parameters),
    ...judgeLanguages(facts.languages),
    ...judgeMedia(facts.media, now, endsAt),
    ...judgeLinks(facts.links),
    ...(sender === undefined ? [] : judgeSender(sender)),
    ...judgeHolds(facts.holds),
    ...(audience === undefined ? [] : [...judgeAudience(audience, facts.isEveryone), judgeRoom(audience), judgeNight(audience)]),
    ...(audience === undefined ? [] : [judgeFinish(audience, facts.finishBy), ...(cost === undefined ? [] : [cost])]),
    ...judgeSchedule(facts.scheduledAt, now),
    judgeUnknown(facts.unknownPolicy),
    ...judgeCanary({
      hasCanary: facts.hasCanary,
      eligible: audience?.eligible ?? 0,
      senderQuality: sender?.quality ?? 'UNKNOWN',
      templateQuality: template.quality,
    }),
    ...judgeApproval(facts.approval),
  ])
}
