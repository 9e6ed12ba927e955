import type { CompiledMessage } from '../templates/render.ts'
import type { Addresses } from './address.ts'
import type { Intended, IntendedRetry, RunningCampaign } from './intent.ts'
import type { Attempt, TestSend } from './ports.ts'
import type { Message } from './send.ts'

/** Makes the requests of intents: each carries the return address of its own attempt. Pure. */
export function attemptsOf(addresses: Addresses) {
  return {
    first: (campaign: RunningCampaign, intended: Intended, message: Message): Attempt => ({
      campaign,
      intended,
      testId: undefined,
      message,
    }),
    /** Rendered again for every attempt, from the same frozen fields: only the return address differs. */
    retry(campaign: RunningCampaign, message: CompiledMessage, retry: IntendedRetry): Attempt {
      const hooks = {
        quickReplyPayload: (button: number) => addresses.quickReply(campaign.id, retry.seq, retry.attempt, button),
        linkToken: (button: number) => addresses.linkToken(campaign.id, retry.seq, button),
      }
      const rendered = message.render(retry.fields, hooks, retry.versionNo ?? 0)
      if (!rendered.ok) throw new Error(`seq ${retry.seq} of ${campaign.id} rendered for its first attempt but not for a retry`)
      const callbackData = addresses.message(campaign.id, retry.seq, retry.attempt)
      const sent: Message = { address: retry.address, template: rendered.template, callbackData }
      return { campaign, intended: retry, testId: undefined, message: sent }
    },
    test: (test: TestSend): Attempt => ({
      campaign: undefined,
      intended: { campaignId: '', seq: 0, attempt: 1, tries: 0, intendedAt: test.intendedAt },
      testId: test.id,
      message: { address: test.phoneE164, template: test.template, callbackData: addresses.test(test.id) },
    }),
  }
}
