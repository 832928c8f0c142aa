import type { NodeAddress } from './order.ts'
import { OrderError } from './orderErrors.ts'

const ONION = /^(?:[a-z2-7]{16}|[a-z2-7]{56})\.onion$/
const PORT = /^[1-9][0-9]{0,4}$/
const OCTET = /^(?:0|[1-9][0-9]{0,2})$/
const HEXTET = /^[0-9a-fA-F]{1,4}$/

/**
 * An address that every counterpart can use without asking a name server: IP literal (IPv6 in brackets) or onion name,
 * numeric port. A stock daemon crashes on one it cannot resolve. @throws OrderError ORDER_NODE_ADDRESS_INVALID
 */
export function nodeAddress(network: string, addr: string): NodeAddress {
  const colon = addr.lastIndexOf(':')
  const host = addr.slice(0, Math.max(colon, 0))
  const port = addr.slice(colon + 1)
  if (network !== 'tcp' || !PORT.test(port) || Number(port) > 65_535 || !isHost(host)) {
    throw new OrderError(
      { code: 'ORDER_NODE_ADDRESS_INVALID', address: addr },
      'node address: expected tcp and IP:PORT, [IPV6]:PORT or NAME.onion:PORT',
    )
  }
  return { network: 'tcp', addr }
}

function isHost(host: string): boolean {
  if (ONION.test(host)) return true
  return host.startsWith('[') && host.endsWith(']') ? isIpv6(host.slice(1, -1)) : isIpv4(host)
}

function isIpv4(text: string): boolean {
  const octets = text.split('.')
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255)
}

function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const dotted = last.includes('.')
  if (dotted && (!isIpv4(last) || text.endsWith('::'))) return false
  const plain = dotted ? groups.slice(0, -1) : groups
  const count = plain.length + (dotted ? 2 : 0)
  return plain.every((group) => HEXTET.test(group)) && (halves.length === 2 ? count < 8 : count === 8)
}
