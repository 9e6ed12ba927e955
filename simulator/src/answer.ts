import type { ServerResponse } from 'node:http'
import { graphError } from './graph-error.ts'
import type { Answer } from './send.ts'

/** Writes an answer, bent by its fault. */
export function writeAnswer(response: ServerResponse, { status, body, fault }: Answer, trace: () => string): void {
  if (response.destroyed) return
  const text = JSON.stringify(body)
  switch (fault?.kind) {
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'silence':
      return
    case 'html5xx':
      response.writeHead(fault.httpStatus ?? 502, { 'content-type': 'text/html' }).end('<html><body>Bad gateway</body></html>')
      return
    case 'status':
      response.writeHead(fault.httpStatus).end()
      return
    case 'code': {
      const error = graphError(fault.code, fault.httpStatus)
      writeJson(response, error.httpStatus, JSON.stringify(error.toBody(trace())))
      return
    }
    case 'truncate':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
      response.write(text.slice(0, Math.floor(text.length / 2)))
      setTimeout(() => response.socket?.destroy(), 5)
      return
    case 'noId':
      writeJson(response, 200, '{"messaging_product":"whatsapp","messages":[{}]}')
      return
    default:
      writeJson(response, status, text)
  }
}

export function writeJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': JSON_TYPE, 'content-length': Buffer.byteLength(text) }).end(text)
}
export const JSON_TYPE = 'application/json; charset=UTF-8'
