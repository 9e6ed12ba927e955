import { createHmac } from 'node:crypto'
import type { Simulator } from '@fanfare/simulator'
import { request } from 'undici'

/** Posts of our own to the webhook address, signed as Meta signs, for cells that must know the very moment of the answer. */
export interface WebhookPoster {
  /** The answer's status, 0 when none came. */
  post(body: string | Buffer, signature?: string): Promise<number>
  /** An inbound message of a person, as Meta tells it. */
  inbound(from: string, message: Record<string, unknown>): string
}

export const sign = (body: string | Buffer, appSecret: string): string =>
  `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`

let messages = 0

export const makeWebhookPoster = (simulator: Simulator, url: string): WebhookPoster => ({
  async post(body, signature = sign(body, simulator.appSecret)) {
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature },
        body,
        headersTimeout: 10_000,
      })
      await answer.body.dump()
      return answer.statusCode
    } catch {
      return 0
    }
  },
  inbound: (from, message) =>
    JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [
        {
          id: simulator.wabaId,
          changes: [
            {
              field: 'messages',
              value: {
                messaging_product: 'whatsapp',
                metadata: { display_phone_number: '15550047120', phone_number_id: simulator.phoneNumberId },
                contacts: [{ profile: { name: 'Somebody' }, wa_id: from.replace('+', '') }],
                messages: [
                  {
                    from: from.replace('+', ''),
                    id: `wamid.CHAOS${++messages}`,
                    timestamp: String(Math.floor(Date.now() / 1_000)),
                    ...message,
                  },
                ],
              },
            },
          ],
        },
      ],
    }),
})
