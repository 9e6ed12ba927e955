// Receives Fanfare's webhooks and believes only those that Fanfare signed. Usage: FANFARE_WEBHOOK_SECRET=whsec_… PORT=4000 node receive-webhooks.ts
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { verifyWebhook, WebhookRefused } from '@fanfare/client'

const seen = new Set<string>() // in your database: a delivery may come twice

const server = createServer(async (request, response) => {
  try {
    const hook = await verifyWebhook({
      secret: process.env.FANFARE_WEBHOOK_SECRET ?? '',
      headers: request.headers,
      body: await text(request),
    })
    if (!seen.has(hook.id)) console.log(hook.type, JSON.stringify(hook.data))
    seen.add(hook.id)
    response.writeHead(204).end()
  } catch (error) {
    if (!(error instanceof WebhookRefused)) throw error
    response.writeHead(401).end(error.message)
  }
})
server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => console.log('listening'))
