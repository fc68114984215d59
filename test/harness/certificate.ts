/** A self-signed certificate made on the spot, with any names and dates: X.509 in DER (RFC 5280), signed by ECDSA. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

export interface Certificate {
  /** Both as PEM, as servers take them. */
  key: string
  cert: string
}

const OID = {
  commonName: '0603550403',
  ecdsaWithSha256: '06082a8648ce3d040302',
  subjectAltName: '0603551d11',
  basicConstraints: '0603551d13',
}

/** For these host names and IPv4 addresses, valid between two times (ms since 1970). */
export function selfSigned(names: string[], from: number, until: number): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // Issuers are told apart by their names.
  const common = Buffer.from(`test ${randomBytes(8).toString('hex')}`)
  const name = der(0x30, der(0x31, der(0x30, hex(OID.commonName), der(0x0c, common))))
  const algorithm = der(0x30, hex(OID.ecdsaWithSha256))
  const alternatives = der(0x30, ...names.map(alternative))
  const authority = der(0x30, hex('0101ff'))
  const extensions = der(
    0x30,
    der(0x30, hex(OID.subjectAltName), der(0x04, alternatives)),
    der(0x30, hex(OID.basicConstraints), hex('0101ff'), der(0x04, authority)),
  )
  const toSign = der(
    0x30,
    der(0xa0, hex('020102')),
    // Positive whatever the dice say.
    der(0x02, Buffer.from([0x01]), randomBytes(8)),
    algorithm,
    name,
    der(0x30, time(from), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  )
  const signature = sign('sha256', toSign, privateKey)
  const whole = der(0x30, toSign, algorithm, der(0x03, Buffer.from([0]), signature))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  }
}

/** A DNS name or an address (RFC 5280 §4.2.1.6). */
function alternative(name: string): Buffer {
  return isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name))
}

/** One element: tag, length, content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const bytes = content.length < 0x80 ? '' : content.length.toString(16)
  const size = bytes.length % 2 === 0 ? bytes : `0${bytes}`
  const length = size === '' ? [content.length] : [0x80 + size.length / 2, ...Buffer.from(size, 'hex')]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

/** UTCTime, as RFC 5280 wants it until 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`))
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}
