import { spawn } from 'node:child_process'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A program of Node, as a user would run it. */
export const runNode = (args: readonly string[], environment: Record<string, string> = {}): Promise<Ran> =>
  runProgram(process.execPath, args, { environment })

/** Runs a program and returns what it printed; the simulator of this process goes on meanwhile. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: { readonly environment?: Record<string, string>; readonly cwd?: string; readonly timeoutMs?: number } = {},
): Promise<Ran> {
  const child = spawn(command, args, {
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8')
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout, stderr }
}
