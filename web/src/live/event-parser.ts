/** One event of a server-sent stream. */
export interface ServerEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/**
 * Reads `text/event-stream`, whatever the sizes of its chunks.
 * @returns a function that takes the next chunk and returns the events it completes
 */
export function eventParser(): (chunk: string) => ServerEvent[] {
  let rest = ''
  return (chunk) => {
    const blocks = (rest + chunk).replaceAll('\r\n', '\n').split('\n\n')
    rest = blocks.pop() ?? ''
    return blocks.map(parseBlock).filter((event) => event !== undefined)
  }
}

/** A block without data (a comment, a heartbeat, a `retry`) is no event. */
function parseBlock(block: string): ServerEvent | undefined {
  const fields = block.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line))
  const all = (name: string) => fields.flatMap((field) => (field?.[1] === name ? [field[2] ?? ''] : []))
  const data = all('data')
  return data.length === 0 ? undefined : { id: all('id').at(-1), event: all('event').at(-1) ?? 'message', data: data.join('\n') }
}
