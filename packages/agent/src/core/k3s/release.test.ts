import { describe, expect, it } from 'vitest'
import { ownPorts } from './own-ports.ts'
import { releaseFile, releaseUrl, versionSaid } from './release.ts'

describe('a release', () => {
  it('is addressed with the plus of its tag encoded', () => {
    expect(releaseUrl('https://example/d', 'v1.36.2+k3s1', releaseFile('amd64'))).toBe('https://example/d/v1.36.2%2Bk3s1/k3s')
    expect(releaseFile('arm64')).toBe('k3s-arm64')
  })

  it.each([
    ['k3s version v1.36.2+k3s1 (af977adf)\ngo version go1.26.8\n', 'v1.36.2+k3s1'],
    ['time="x" level=info msg="noise"\nk3s version v1.31.4-rc1+k3s1 (abc)\r\n', 'v1.31.4-rc1+k3s1'],
    ['k3s version v1.36.2+k3s1', 'v1.36.2+k3s1'],
    ['k3s version dirty', null],
    ['<html>v1.36.2+k3s1</html>', null],
    ['', null],
  ])('says its version as in %j', (output, version) => {
    expect(versionSaid(output)).toBe(version)
  })
})

describe('ownPorts', () => {
  it('leaves out what the settings move elsewhere', () => {
    expect(ownPorts('server', [])).toContain(6443)
    expect(ownPorts('server', ['https-listen-port', 'lb-server-port'])).not.toContain(6443)
    expect(ownPorts('agent', ['lb-server-port'])).not.toContain(6444)
    expect(ownPorts('agent', [])).not.toContain(6443)
  })
})
