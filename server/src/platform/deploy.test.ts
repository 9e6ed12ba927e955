import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const text = (path: string): string => readFileSync(`${root}${path}`, 'utf8')

/** Names of the settings, from their one place. */
const SETTINGS = new Set([...text('server/src/platform/config.ts').matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name))
/** Read by Node and its C library before ours begins. */
const OF_NODE = new Set(['NODE_ENV', 'MALLOC_ARENA_MAX'])
const assertSettings = (names: Iterable<string>, of: string) => {
  for (const name of names) assert.ok(SETTINGS.has(name) || OF_NODE.has(name), `${of} names ${name}, which is no setting`)
}

interface Container {
  readonly name: string
  readonly command?: string[]
  readonly env?: { readonly name: string; readonly value: string }[]
  readonly ports?: { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> }
  readonly securityContext?: Record<string, unknown>
}
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
  readonly periodSeconds: number
  readonly failureThreshold?: number
}
interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Record<string, string>
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own
  readonly spec: any
}
const kubernetes = text('deploy/kubernetes/fanfare.yaml')
const manifests = parseAllDocuments(kubernetes).map((document) => {
  assert.deepEqual(document.errors, [])
  return document.toJS() as Manifest
})
const of = (kind: string) => manifests.filter((manifest) => manifest.kind === kind)
const podsOf = (manifest: Manifest) => manifest.spec.template.spec as { containers: Container[] } & Record<string, unknown>
const running = [...of('Deployment'), ...of('Job')]

test('the Kubernetes manifests hold what an installation needs, each once', () => {
  const there = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
  assert.deepEqual(there.toSorted(), [
    'ConfigMap/fanfare',
    'Deployment/fanfare-api',
    'Deployment/fanfare-worker',
    'Job/fanfare-migrate',
    'NetworkPolicy/fanfare',
    'PodDisruptionBudget/fanfare-api',
    'PodDisruptionBudget/fanfare-worker',
    'Service/fanfare',
  ])
})

test('every pod runs without rights, within limits, and is asked by probes that exist', () => {
  for (const manifest of running) {
    const pod = podsOf(manifest)
    assert.equal(pod.automountServiceAccountToken, false, manifest.metadata.name)
    assert.deepEqual(pod.securityContext, { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } })
    for (const { resources, securityContext, name } of pod.containers) {
      assert.ok(resources?.requests?.cpu && resources.requests.memory && resources.limits?.memory, `${name} has limits`)
      assert.deepEqual(securityContext, { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } })
    }
  }
  for (const manifest of of('Deployment')) {
    const pod = podsOf(manifest)
    assert.ok(Number(pod.terminationGracePeriodSeconds) >= 30, 'a drain takes up to 25 s')
    for (const { startupProbe, readinessProbe, livenessProbe, ports = [] } of pod.containers) {
      assert.deepEqual([startupProbe, readinessProbe, livenessProbe].map((probe) => probe?.httpGet.path), ['/healthz', '/readyz', '/healthz']) // biome-ignore format: a table
      for (const probe of [startupProbe, readinessProbe, livenessProbe]) assert.ok(ports.some(({ name }) => name === probe?.httpGet.port))
      assert.ok((startupProbe?.periodSeconds ?? 0) * (startupProbe?.failureThreshold ?? 0) >= 300, 'a start may migrate')
    }
  }
})

test('what selects pods selects some, and the network policy lets in what the service names', () => {
  const labels = running.map(({ spec }) => spec.template.metadata.labels as Record<string, string>)
  const selectors = [
    ...of('Deployment').map(({ spec }) => spec.selector.matchLabels),
    ...of('PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels),
    ...of('NetworkPolicy').map(({ spec }) => spec.podSelector.matchLabels),
    ...of('Service').map(({ spec }) => spec.selector),
  ] as Record<string, string>[]
  for (const selector of selectors)
    assert.ok(labels.some((set) => Object.entries(selector).every(([name, value]) => set[name] === value)), JSON.stringify(selector)) // biome-ignore format: one claim
  const open = of('NetworkPolicy').flatMap(({ spec }) => spec.ingress.flatMap((rule: { ports: { port: number }[] }) => rule.ports)) as { port: number }[] // biome-ignore format: one list
  const ports = of('Deployment').flatMap((manifest) => podsOf(manifest).containers.flatMap((container) => container.ports ?? []))
  for (const { containerPort } of ports) assert.ok(open.some(({ port }) => port === containerPort))
  for (const { spec } of of('Service')) assert.ok(ports.some(({ name }) => name === spec.ports[0].targetPort))
})

test('every setting that a manifest or the systemd unit names is one, and every program they start is there', () => {
  assertSettings(of('ConfigMap').flatMap(({ data }) => Object.keys(data ?? {})), 'the ConfigMap') // biome-ignore format: one claim
  assertSettings(
    [...kubernetes.matchAll(/--from-literal=([A-Z_]+)=/g)].map(([, name]) => name ?? ''),
    'the secret',
  )
  for (const manifest of running)
    for (const { env = [], command } of podsOf(manifest).containers) {
      assertSettings(env.map(({ name }) => name), manifest.metadata.name) // biome-ignore format: one claim
      if (command !== undefined) assert.ok(existsSync(`${root}${command[1]}`), command.join(' '))
    }
  const unit = text('deploy/systemd/fanfare.service')
  const named = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line]) =>
    (line ?? '').split(' ').map((pair) => pair.split('=')[0] ?? ''),
  )
  assert.ok(named.includes('DATA_DIR'))
  assertSettings(named, 'the systemd unit')
  const program = /^ExecStart=\S+ (?:--\S+ )*(\S+)$/m.exec(unit)?.[1] ?? ''
  assert.ok(existsSync(`${root}${program}`), program)
  assert.match(unit, /^NoNewPrivileges=true$/m)
  assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) >= 30)
})
