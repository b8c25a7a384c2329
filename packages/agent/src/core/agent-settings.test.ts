import { describe, expect, it } from 'vitest'
import { readAgentSettings, readEndpoints, RELEASE_BASE } from './agent-settings.ts'

describe('readAgentSettings', () => {
  it('takes addresses, pin and release base', () => {
    const text = '{"urls":["https://c:8443"],"key":"drvk1_x","pin":"sha256//abc=","releaseBase":"http://mirror/k3s/"}'
    expect(readAgentSettings(text)).toEqual({ releaseBase: 'http://mirror/k3s', coordinators: ['https://c:8443'], pin: 'abc=' })
  })

  it('fills in where k3s publishes', () => {
    expect(readAgentSettings('{}')).toEqual({ releaseBase: RELEASE_BASE, coordinators: [], pin: null })
  })

  it.each(['', 'null', '{"urls":["ftp://x"]}', '{"releaseBase":"file:///etc"}'])('refuses %j', (text) => {
    expect(readAgentSettings(text)).toBeNull()
  })
})

describe('readEndpoints', () => {
  it('reads what the coordinator told last', () => {
    expect(readEndpoints('{"nodeId":"h","endpoints":["https://a:8443"]}')).toEqual(['https://a:8443'])
    expect(readEndpoints('')).toEqual([])
  })
})
