import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { FanfareError, fanfare } from '../../client/src/index.ts'
import { TOOLS, type Tool } from './tools.ts'

const INSTRUCTIONS = `Fanfare runs bulk WhatsApp template campaigns. Read, preview and draft freely: nothing here sends by itself.
To launch, a person must confirm exactly that campaign; show them the preview (who, how many, what it says, what it costs) and ask them for
the confirmation they get in return. A campaign that is changed afterwards needs another confirmation.`

/** A refusal as the model reads it: what to branch on, every bad field, and the request to name to the operator. */
const refusal = ({ status, code, message, errors, requestId }: FanfareError) => ({ status, code, detail: message, errors, requestId })

/**
 * Serves the tools on stdin and stdout until stdin ends. Standard output carries the protocol alone.
 * @throws when FANFARE_URL or FANFARE_API_KEY is missing
 */
export async function serveMcp(environment: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { FANFARE_URL: baseUrl, FANFARE_API_KEY: apiKey } = environment
  if (!baseUrl || !apiKey) throw new Error('FANFARE_URL and FANFARE_API_KEY are needed: where Fanfare is, and a key made there.')
  const api = fanfare({ baseUrl, apiKey, retryWaitMaxMs: 10_000 })
  const server = new McpServer({ name: 'fanfare', version: '0.1.0' }, { instructions: INSTRUCTIONS })
  const answer = async (tool: Tool, input: Record<string, unknown>) => {
    try {
      const result = await tool.run(api, input)
      return { content: [{ type: 'text' as const, text: JSON.stringify(result, null, 1) }] }
    } catch (error) {
      const told = error instanceof FanfareError ? refusal(error) : { code: 'unreachable', detail: (error as Error).message }
      return { content: [{ type: 'text' as const, text: JSON.stringify(told, null, 1) }], isError: true }
    }
  }
  for (const tool of TOOLS)
    server.registerTool(
      tool.name,
      {
        title: tool.title,
        description: tool.description,
        inputSchema: tool.input,
        annotations: {
          readOnlyHint: tool.effect === 'reads',
          destructiveHint: tool.effect === 'sends',
          openWorldHint: tool.effect === 'sends',
        },
      },
      (input: Record<string, unknown>) => answer(tool, input),
    )
  const transport = new StdioServerTransport()
  const ended = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve)
    transport.onclose = resolve
  })
  await server.connect(transport)
  await ended
  await server.close()
}
