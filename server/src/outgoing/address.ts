import { BlockList, isIP, isIPv4 } from 'node:net'

/** Networks that are not the public Internet: https://www.iana.org/assignments/iana-ipv4-special-registry */
const NOT_PUBLIC_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // shared behind carriers
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local; cloud metadata lives here
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24], // documentation
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
]
/** Inside 2000::/3, the only public part of IPv6: https://www.iana.org/assignments/iana-ipv6-special-registry */
const NOT_PUBLIC_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23], // Teredo, ORCHID, benchmarks
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: carries an IPv4 address
  ['2620:4f:8000::', 48],
  ['3fff::', 20], // documentation
]

const publicV6 = new BlockList()
publicV6.addSubnet('2000::', 3, 'ipv6')
const refused = new BlockList()
for (const [network, bits] of NOT_PUBLIC_V4) refused.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of NOT_PUBLIC_V6) refused.addSubnet(network, bits, 'ipv6')

/** True for an address of the public Internet. Anything else, IPv4 in IPv6 clothes included, is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !refused.check(address, 'ipv4')
  if (isIP(address) !== 6 || address.includes('%')) return false
  return publicV6.check(address, 'ipv6') && !refused.check(address, 'ipv6')
}

/** Names that lead home whatever a resolver says. */
const HOME = /(^|\.)(localhost|local|internal|intranet|home|lan|localdomain|corp|arpa|test|invalid|onion)$/

/**
 * What is wrong with an address that somebody wants us to call; undefined: nothing that can be seen before resolving it.
 * @param allowPrivate private addresses and plain HTTP too (ALLOW_PRIVATE_WEBHOOKS)
 */
export function urlProblem(text: string, allowPrivate: boolean): string | undefined {
  if (text.length > 2_000) return 'is longer than 2,000 characters.'
  const url = URL.parse(text)
  if (url === null) return 'is not a URL.'
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) return 'must begin with https://.'
  if (url.username !== '' || url.password !== '') return 'must not carry a user name or password.'
  if (url.hash !== '') return 'must not have a fragment.'
  if (allowPrivate) return undefined
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (isIP(host) !== 0) return isPublicAddress(host) ? undefined : 'must be a public address.'
  return HOME.test(host) || !host.includes('.') ? 'must be a public address.' : undefined
}
