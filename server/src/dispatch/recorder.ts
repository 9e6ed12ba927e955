import type { Clock, Result } from './ports.ts'

/** Answers gather this long, so that one transaction records many. */
const RECORD_EVERY_MS = 25
const RECORD_MAX = 500
/** While the store is away. */
const AGAIN_AFTER_MS = 500

/** Keeps results until they are durable: tries again for as long as the store is away, loses none, records none twice. */
export interface Recorder {
  add(result: Result): void
}

export function makeRecorder(
  ports: Clock & { record(results: readonly Result[]): Promise<void>; log(message: string, detail: Record<string, unknown>): void },
  recorded: (results: readonly Result[]) => void,
): Recorder {
  const waiting: Result[] = []
  let isRecording = false
  let cancelTimer = () => {}

  const soon = (ms: number) => {
    cancelTimer()
    cancelTimer = ports.later(ms, () => void record())
  }

  async function record(): Promise<void> {
    cancelTimer()
    if (isRecording || waiting.length === 0) return
    isRecording = true
    const batch = waiting.slice(0, RECORD_MAX)
    try {
      await ports.record(batch)
    } catch (error) {
      ports.log('recording failed, will be tried again', { error, results: waiting.length })
      isRecording = false
      soon(AGAIN_AFTER_MS)
      return
    }
    isRecording = false
    waiting.splice(0, batch.length)
    if (waiting.length >= RECORD_MAX) void record()
    else if (waiting.length > 0) soon(RECORD_EVERY_MS)
    recorded(batch)
  }

  return {
    add(result) {
      waiting.push(result)
      if (waiting.length >= RECORD_MAX) void record()
      else if (waiting.length === 1) soon(RECORD_EVERY_MS)
    },
  }
}
