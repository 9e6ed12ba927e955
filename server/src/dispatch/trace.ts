import { campaignContext, type Step, tracing } from '../platform/tracing.ts'
import type { Addresses } from './address.ts'
import type { Intended, RunningCampaign } from './intent.ts'
import type { Lease } from './lease.ts'
import type { Ports } from './ports.ts'

/** An intent under way: it ends when each of its attempts has a durable result. */
interface OpenIntent {
  readonly step: Step
  open: number
}

/**
 * The same ports, traced: each intent is a trace of its own with a step per call to Meta, tied to the start of its campaign. (One trace of a
 * whole campaign would hold millions of steps.) Without tracing they are handed back as they are.
 */
export function traced(ports: Ports, addresses: Addresses, lease: Lease): Ports {
  const traces = tracing()
  if (traces === undefined) return ports
  /** By return address, which every attempt has of its own. */
  const intents = new Map<string, OpenIntent>()

  function intended(name: string, campaign: RunningCampaign, startedAt: Date, attempts: readonly Intended[], sliceNo?: number): void {
    if (attempts.length === 0) return
    const step = traces?.begin(name, {
      startedAt,
      links: [campaignContext(campaign.id)],
      attributes: {
        'fanfare.campaign_id': campaign.id,
        'fanfare.number_id': lease.numberId,
        'fanfare.recipients': attempts.length,
        ...(sliceNo === undefined ? {} : { 'fanfare.slice': sliceNo }),
      },
    })
    if (step === undefined) return
    const intent = { step, open: attempts.length }
    for (const { seq, attempt } of attempts) intents.set(addresses.message(campaign.id, seq, attempt), intent)
  }

  return {
    ...ports,
    async intend(campaign, advance, window) {
      const begunAt = ports.now()
      const result = await ports.intend(campaign, advance, window)
      if (result.kind === 'intended') intended('dispatch slice', campaign, begunAt, result.intended, advance.sliceNo)
      return result
    },
    async intendRetries(campaign, wanted, window) {
      const begunAt = ports.now()
      const result = await ports.intendRetries(campaign, wanted, window)
      if (result.kind === 'intended') intended('dispatch retries', campaign, begunAt, result.intended)
      return result
    },
    async send(message, refuseToWrite) {
      const parent = intents.get(message.callbackData)?.step.context
      const attributes = { 'http.request.method': 'POST', 'url.template': '/{phone-number-id}/messages' }
      const step = traces.begin('POST /{phone-number-id}/messages', { kind: 'client', parent, attributes })
      const outcome = await ports.send(message, refuseToWrite)
      step.set({
        'fanfare.outcome': outcome.kind,
        ...('code' in outcome && outcome.code !== null ? { 'fanfare.meta_code': outcome.code } : {}),
      })
      step.end(outcome.kind === 'accepted' ? undefined : outcome.kind)
      return outcome
    },
    async record(results) {
      await ports.record(results)
      for (const { attempt } of results) {
        const { callbackData } = attempt.message
        const intent = intents.get(callbackData)
        if (!intents.delete(callbackData) || intent === undefined) continue
        intent.open--
        if (intent.open === 0) intent.step.end()
      }
    },
  }
}
