import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AcceptedMessage, Simulator } from '@fanfare/simulator'
import type { Target } from './poster.ts'
import type { Done, Order, Setting, Told } from './receipt-load.ts'

const LOAD = fileURLToPath(new URL('./receipt-load.ts', import.meta.url))
const TELL_EVERY_MS = 10

/** The process that posts receipts, and the messages on their way to it. */
export interface ReceiptSender {
  /** Carries out an order and tells what was measured. */
  order(order: Exclude<Order, { do: 'keep' }>): Promise<Done>
  close(): Promise<void>
}
/** Gathers accepted messages until a sender takes them. */
export interface Gathered {
  readonly onAccepted: (message: AcceptedMessage) => void
  take(): Told[]
}

export function gather(): Gathered {
  let waiting: Told[] = []
  return {
    onAccepted: ({ wamid, to, callbackData, phoneNumberId }) => waiting.push([wamid ?? '', to, callbackData ?? '', phoneNumberId]),
    take() {
      const taken = waiting
      waiting = []
      return taken
    },
  }
}

export const webhookTarget = (serverUrl: string, accountId: string): Target => ({
  port: Number(new URL(serverUrl).port),
  path: `/webhooks/meta/${accountId}`,
})

export function startReceiptSender(
  { appSecret, wabaId }: Pick<Simulator, 'appSecret' | 'wabaId'>,
  gathered: Gathered,
  targets: Setting['targets'],
): ReceiptSender {
  const child = fork(LOAD, [JSON.stringify({ appSecret, wabaId, targets } satisfies Setting)])
  let failed: (error: Error) => void = () => {}
  child.on('exit', (code) => failed(new Error(`the process that posts receipts ended with ${code}`)))
  const tell = () => {
    const messages = gathered.take()
    if (messages.length > 0 && child.connected) child.send({ do: 'keep', messages } satisfies Order)
  }
  const timer = setInterval(tell, TELL_EVERY_MS)
  return {
    order(order) {
      tell()
      return new Promise<Done>((resolve, reject) => {
        failed = reject
        child.once('message', (done) => resolve(done as Done))
        child.send(order)
      })
    },
    async close() {
      clearInterval(timer)
      if (child.exitCode !== null) return
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
