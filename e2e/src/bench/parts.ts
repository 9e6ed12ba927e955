import { measureAccepts } from './accepts.ts'
import { measureConsole } from './console.ts'
import { measureCounts } from './counts.ts'
import { measureImport } from './import.ts'
import { measureLaunch } from './launch.ts'
import { measureNumbers } from './numbers.ts'
import { measurePace } from './pace.ts'
import { measurePages } from './pages.ts'
import { measureProduct } from './product.ts'
import { measureReceipts } from './receipts.ts'
import type { Report } from './report.ts'
import { measureSend } from './send.ts'
import type { Sizes } from './sizes.ts'

export interface Part {
  readonly name: string
  readonly about: string
  measure(report: Report, sizes: Sizes): Promise<void>
}

export const PARTS: readonly Part[] = [
  { name: 'accepts', about: 'how much the simulator takes: no sender is flattered by it', measure: measureAccepts },
  { name: 'send', about: 'ten numbers at 0, 100 and 250 ms latency, beside a bare undici loop', measure: measureSend },
  { name: 'pace', about: 'one number at 1,000 a second: rate, smoothness, lateness', measure: measurePace },
  { name: 'numbers', about: 'ten numbers at 1,000 a second; fifty at 20, and whether they share fairly', measure: measureNumbers },
  { name: 'receipts', about: 'three to every message while sending, as many as are taken, and 10,000 at once', measure: measureReceipts },
  { name: 'import', about: 'a million CSV rows, beside raw COPY', measure: measureImport },
  { name: 'launch', about: 'a million recipients: launch, freeze, first message; memory while they are sent to', measure: measureLaunch },
  {
    name: 'pages',
    about: 'every page, the cost of a message’s whole life, and the start, at 10 k, 1 M and 10 M recipients',
    measure: measurePages,
  },
  { name: 'product', about: 'the small figures: import, launch, send and look at 100,000', measure: measureProduct },
  {
    name: 'counts',
    about: 'live counts and previews over a million contacts',
    measure: (report, sizes) => measureCounts(report, sizes.contacts),
  },
  { name: 'console', about: 'the console in a browser: first page, and beside a live campaign', measure: measureConsole },
]
