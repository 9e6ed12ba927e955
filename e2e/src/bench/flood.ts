import { connect, type Socket } from 'node:net'

/**
 * A bare load generator: so many connections, each with so many requests under way, for so long; prints how many answers said 200. It writes
 * ready-made bytes and counts answers by their status line, so that it costs far less than what it measures.
 * Arguments: JSON { port, path, token, seconds, connections, depth }.
 */
interface Load {
  readonly port: number
  readonly path: string
  readonly token: string
  readonly seconds: number
  readonly connections: number
  readonly depth: number
}
const load = JSON.parse(process.argv[2] ?? '{}') as Load
const STATUS = Buffer.from('HTTP/1.1 ')
const OK = Buffer.from('HTTP/1.1 200')

/** A request as the product writes it. */
function requestOf(n: number): string {
  const body = JSON.stringify({
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: `+91${9_800_000_000 + n}`,
    type: 'template',
    template: { name: 'hello_world', language: { code: 'en_US' } },
    biz_opaque_callback_data: `f1.1.019340ab7c3e7d10a0b1c2d3e4f50617.${n}.1.abcdefghijkl`,
  })
  return `POST ${load.path} HTTP/1.1\r\nhost: 127.0.0.1:${load.port}\r\nconnection: keep-alive\r\nauthorization: Bearer ${load.token}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}
const requests = Array.from({ length: 2_000 }, (_, n) => requestOf(n))
let next = 0
let isOver = false
let ok = 0
let other = 0

function drive(): Promise<void> {
  return new Promise((closed, failed) => {
    const socket: Socket = connect(load.port, '127.0.0.1')
    socket.setNoDelay(true)
    let underWay = 0
    let held: Buffer = Buffer.alloc(0)
    const fill = () => {
      let out = ''
      while (!isOver && underWay < load.depth) {
        out += requests[next++ % requests.length]
        underWay++
      }
      if (out !== '') socket.write(out)
      else if (underWay === 0) socket.destroy()
    }
    socket.on('connect', fill)
    socket.on('data', (chunk: Buffer) => {
      const all: Buffer = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      let at = all.indexOf(STATUS)
      while (at !== -1 && at + OK.length <= all.length) {
        if (all.compare(OK, 0, OK.length, at, at + OK.length) === 0) ok++
        else other++
        underWay--
        at = all.indexOf(STATUS, at + OK.length)
      }
      held = all.subarray(at === -1 ? Math.max(0, all.length - STATUS.length + 1) : at) // a status line cut in two
      if (underWay <= load.depth / 2) fill()
    })
    socket.on('close', () => closed())
    socket.on('error', failed)
  })
}

const began = performance.now()
setTimeout(() => {
  isOver = true
}, load.seconds * 1_000)
await Promise.all(Array.from({ length: load.connections }, drive))
console.log(JSON.stringify({ ok, other, seconds: (performance.now() - began) / 1_000 }))
