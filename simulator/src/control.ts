import type { ServerResponse } from 'node:http'
import type { GraphWorld } from './graph.ts'
import type { FaultRule } from './options.ts'
import type { Simulator } from './simulator.ts'

/** The control API and its page: what tests do by calls, people do by HTTP. */
export async function controlCall(
  simulator: Simulator,
  world: GraphWorld,
  { method, url, bytes, response }: { method: string; url: URL; bytes: Buffer; response: ServerResponse },
): Promise<void> {
  const answer = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const number = (name: string) => (url.searchParams.has(name) ? Number(url.searchParams.get(name)) : undefined)
  let body: Record<string, unknown> = {}
  try {
    if (bytes.length > 0) body = JSON.parse(bytes.toString('utf8'))
  } catch {
    return void answer(400, { error: 'not JSON' })
  }
  switch (`${method} ${url.pathname}`) {
    case 'GET /':
      return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(simulator, world))
    case 'GET /_sim/ledger': {
      const [after, limit, to] = [number('after'), number('limit'), url.searchParams.get('to')]
      const filter = { ...(after === undefined ? {} : { after }), limit: limit ?? 1_000, ...(to === null ? {} : { to }) }
      return void answer(200, simulator.ledger.entries(filter))
    }
    case 'GET /_sim/summary':
      return void answer(200, simulator.ledger.summary())
    case 'GET /_sim/faults':
      return void answer(200, simulator.faults())
    case 'POST /_sim/faults':
      simulator.setFaults((Array.isArray(body) ? body : (body.rules ?? [])) as FaultRule[])
      return void answer(200, simulator.faults())
    case 'POST /_sim/config':
      if (body.latencyMs !== undefined) simulator.setLatency(Number(body.latencyMs), Number(body.jitterMs ?? 0))
      if (body.person !== undefined) simulator.setPerson(body.person as never)
      if (body.webhooks !== undefined) simulator.setWebhooks(body.webhooks as never)
      return void answer(200, { ok: true })
    case 'POST /_sim/inbound':
      simulator.sendInbound(
        String(body.from),
        (body.message ?? { type: 'text', text: { body: String(body.text ?? '') } }) as Record<string, unknown>,
      )
      return void answer(202, { ok: true })
    case 'POST /_sim/templates':
      simulator.changeTemplate(String(body.name), String(body.language ?? 'en_US'), body as { status?: string })
      return void answer(200, { ok: true })
    case 'POST /_sim/numbers':
      simulator.changeNumber(String(body.phoneNumberId ?? simulator.phoneNumberId), (body.change ?? {}) as object)
      return void answer(200, { ok: true })
    case 'POST /_sim/webhooks/hold':
      simulator.holdWebhooks()
      return void answer(200, { ok: true })
    case 'POST /_sim/webhooks/release':
      simulator.releaseWebhooks()
      return void answer(200, { ok: true })
    case 'POST /_sim/reset':
      simulator.reset()
      return void answer(200, { ok: true })
    case 'GET /_sim/wait-idle': {
      const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), number('timeoutMs') ?? 30_000).unref())
      const result = await Promise.race([simulator.idle().then(() => 'idle' as const), late])
      return void answer(result === 'idle' ? 200 : 408, { result })
    }
    default:
      return void answer(404, { error: 'no such control call' })
  }
}

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

function page(simulator: Simulator, world: GraphWorld): string {
  const summary = simulator.ledger.summary()
  const latest = simulator.ledger.entries({ after: Math.max(0, summary.requests - 50) }).toReversed()
  const rows = latest.map(
    (entry) =>
      `<tr><td>${entry.n}<td>${entry.kind}${entry.code === null ? '' : ` ${entry.code}`}<td>${escapeHtml(entry.to)}<td>${escapeHtml(entry.template)}<td>${escapeHtml(entry.fault ?? '')}`,
  )
  const figure = (name: string, value: number) => `<div><b>${value.toLocaleString('en')}</b><span>${name}</span></div>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="3"><title>Cloud API simulator</title>
<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#16211d}section{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0}div{border:1px solid #d5dcd9;border-radius:.5rem;padding:.6rem 1rem;min-width:6rem}div b{display:block;font-size:1.4rem}div span{color:#5a6863}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #e6ebe9}code{background:#f1f4f3;padding:.1rem .3rem;border-radius:.25rem}</style>
<h1>Cloud API simulator</h1><p>${world.wabas.map((waba) => `${escapeHtml(waba.name)} · WABA <code>${waba.wabaId}</code> · ${waba.numbers.length} number(s) · ${waba.templates.length} templates`).join('<br>')}</p>
<section>${figure('requests', summary.requests)}${figure('accepted', summary.accepted)}${figure('people', summary.uniqueRecipients)}${figure('doubles', summary.doubles)}${figure('sent', summary.statuses.sent)}${figure('delivered', summary.statuses.delivered)}${figure('read', summary.statuses.read)}${figure('failed', summary.statuses.failed)}${figure('clicks', summary.clicks)}${figure('webhooks posted', summary.webhooks.posted)}${figure('pending', summary.webhooks.pending)}</section>
<table><thead><tr><th>#<th>result<th>to<th>template<th>fault</thead><tbody>${rows.join('')}</tbody></table>`
}
