import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { cpuSeconds, hasTaskset, pinned } from './processes.ts'
import type { Report } from './report.ts'
import type { Sizes } from './sizes.ts'
import { median } from './statistics.ts'

const SIMULATOR = fileURLToPath(new URL('../../../simulator/src/main.ts', import.meta.url))
const FLOOD = fileURLToPath(new URL('./flood.ts', import.meta.url))

/** How many messages the lean simulator accepts on one core, the load coming from the other. A round at half that would flatter no sender. */
export async function measureAccepts(report: Report, sizes: Sizes): Promise<void> {
  const { command, args } = pinned(0, process.execPath, [
    SIMULATOR,
    '--lean',
    '--unlimited',
    '--port',
    '0',
    '--latency',
    '0',
    '--jitter',
    '0',
  ])
  const simulator = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const printed = await firstOutput(simulator.stdout)
    const tell = (name: RegExp) => name.exec(printed)?.[1] ?? ''
    const load = {
      port: Number(tell(/127\.0\.0\.1:(\d+)/)),
      path: `/v25.0/${tell(/phone number id\s+(\d+)/)}/messages`,
      token: tell(/access token\s+(\S+)/),
      seconds: sizes.acceptSeconds,
    }
    const where = hasTaskset ? 'on one core' : 'not pinned'
    for (const [what, shape] of [
      ['pipelined', { connections: 32, depth: 16 }],
      ['one at a time on 256 connections', { connections: 256, depth: 1 }],
    ] as const) {
      const rates: number[] = []
      let cpu = 0
      let accepted = 0
      for (let round = 0; round < sizes.rounds; round++) {
        const before = cpuSeconds(simulator.pid ?? 0)
        const done = await flood({ ...load, ...shape })
        if (done.other > 0) throw new Error(`${done.other} messages were not accepted`)
        rates.push(done.ok / done.seconds)
        cpu += cpuSeconds(simulator.pid ?? 0) - before
        accepted += done.ok
      }
      report.row({
        what: `lean simulator ${where}, ${what}`,
        value: median(rates),
        unit: '/s',
        goal: shape.depth > 1 ? { atLeast: 20_000 } : undefined,
        note: `${((cpu / accepted) * 1e6).toFixed(1)} µs CPU each`,
      })
    }
  } finally {
    simulator.kill('SIGTERM')
    if (simulator.exitCode === null) await once(simulator, 'exit')
  }
}

async function flood(load: Record<string, unknown>): Promise<{ ok: number; other: number; seconds: number }> {
  const { command, args } = pinned(1, process.execPath, [FLOOD, JSON.stringify(load)])
  const generator = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  generator.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  await once(generator, 'close')
  return JSON.parse(out) as { ok: number; other: number; seconds: number }
}

async function firstOutput(stream: NodeJS.ReadableStream): Promise<string> {
  let out = ''
  for await (const chunk of stream) {
    out += String(chunk)
    if (out.includes('app secret')) break
  }
  stream.resume()
  return out
}
