import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** What the system tells of processes; 0 where it does not (only Linux has /proc). */

const field = (pid: number, name: string): number => {
  try {
    return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
/** Resident memory in MB. */
export const memoryMb = (pid: number): number => field(pid, 'VmRSS') / 1_024

/** Memory in MB of a process and its children, what they share counted once: a PostgreSQL server with its buffers. */
export function memoryMbOfTree(pid: number): number {
  const proportional = (of: number): number => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${of}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1_024
    } catch {
      return 0
    }
  }
  return [pid, ...childrenOf(pid)].reduce((sum, of) => sum + proportional(of), 0)
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && field(Number(name), 'PPid') === pid)
      .map(Number)
  } catch {
    return []
  }
}

export const parentOf = (pid: number): number => field(pid, 'PPid')

let ticksPerSecond = 0
/** CPU seconds a process used so far; with `ended`, also its ended children's. */
function cpuOf(pid: number, ended: boolean): number {
  try {
    ticksPerSecond ||= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) || 100
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ').map(Number) ?? []
    const own = (fields[11] ?? 0) + (fields[12] ?? 0)
    return (own + (ended ? (fields[13] ?? 0) + (fields[14] ?? 0) : 0)) / ticksPerSecond
  } catch {
    return 0
  }
}
export const cpuSeconds = (pid: number): number => cpuOf(pid, false)

/** CPU seconds of a process and all its children, those that ended included: a PostgreSQL server with every connection it had. */
export const cpuSecondsOfTree = (pid: number): number =>
  cpuOf(pid, true) + childrenOf(pid).reduce((sum, child) => sum + cpuOf(child, true), 0)

/** A command pinned to one core, where `taskset` is there; else as it is. */
export const pinned = (core: number, command: string, args: readonly string[]): { command: string; args: string[] } =>
  hasTaskset ? { command: 'taskset', args: ['-c', String(core), command, ...args] } : { command, args: [...args] }
export const hasTaskset = spawnSync('taskset', ['-V']).status === 0
