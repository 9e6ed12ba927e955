import { awakeZones } from '../campaigns/quiet-hours.ts'
import type { CompiledMessage } from '../templates/render.ts'
import type { Addresses } from './address.ts'
import type { Advance, Recipient, RunningCampaign } from './intent.ts'
import type { Ports } from './ports.ts'
import type { Message } from './send.ts'

/** What is sent to each recipient who may be sent to, by sequence number. */
export interface Prepared {
  readonly advance: Advance
  readonly ready: ReadonlyMap<number, Message>
}

/**
 * Reads a campaign's slices ahead of their cursors and finds out, by rendering, who cannot be sent to. Holds one slice at a time. Slices that
 * sleep are passed over; when people wake or fall asleep somewhere, it starts again at the first, and otherwise passes each slice once.
 */
export interface SliceReader {
  /** As it stood when the reader was made. */
  readonly campaign: RunningCampaign
  /** The next step of the cursor with at most `permits` people to send to; undefined: the campaign is at its end, waits for the rescuer, or everybody left sleeps. */
  take(message: CompiledMessage, permits: number): Promise<Prepared | undefined>
  /** The cursor was moved. */
  advanced(cursorSeq: number): void
  /** What was read may be wrong: read again. */
  forget(): void
}

export function makeSliceReader(ports: Ports, addresses: Addresses, campaign: RunningCampaign): SliceReader {
  let slice: { sliceNo: number; cursorSeq: number; lastSeq: number; recipients: readonly Recipient[] } | undefined
  let fromSlice = 0
  let awake: readonly number[] = []
  let isAtEnd = false

  const hooks = (seq: number) => ({
    quickReplyPayload: (button: number) => addresses.quickReply(campaign.id, seq, 1, button),
    linkToken: (button: number) => addresses.linkToken(campaign.id, seq, button),
  })

  function forget(): void {
    slice = undefined
    fromSlice = 0
    isAtEnd = false
  }

  return {
    campaign,
    async take(message, permits) {
      if (campaign.quiet !== null) {
        const now = awakeZones(campaign.quiet, ports.now())
        if (now.join() !== awake.join()) forget()
        awake = now
        if (isAtEnd) return undefined // nobody else wakes without the zones changing
      }
      if (slice === undefined || slice.cursorSeq >= slice.lastSeq) {
        const next = await ports.nextSlice(campaign, fromSlice, awake)
        if (next === undefined) {
          slice = undefined
          isAtEnd = true
          return undefined
        }
        fromSlice = next.sliceNo
        slice = { ...next, recipients: await ports.recipientsPast(campaign, next.cursorSeq, next.lastSeq) }
      }
      const ready = new Map<number, Message>()
      const unsendable: { seq: number; reason: string }[] = []
      let upToSeq = slice.lastSeq
      for (const recipient of slice.recipients) {
        if (recipient.seq <= slice.cursorSeq) continue
        if (ready.size === permits) {
          upToSeq = recipient.seq - 1
          break
        }
        const rendered = message.render(recipient.fields, hooks(recipient.seq), recipient.versionNo ?? 0)
        if (rendered.ok) {
          const callbackData = addresses.message(campaign.id, recipient.seq, 1)
          ready.set(recipient.seq, { address: recipient.address, template: rendered.template, callbackData })
        } else unsendable.push({ seq: recipient.seq, reason: rendered.reason })
      }
      return { advance: { sliceNo: slice.sliceNo, fromSeq: slice.cursorSeq, upToSeq, unsendable }, ready }
    },
    advanced(cursorSeq) {
      if (slice !== undefined) slice = { ...slice, cursorSeq }
    },
    forget,
  }
}
