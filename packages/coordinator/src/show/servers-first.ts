type Member = { readonly host: string; readonly role: 'server' | 'agent' }

const rank = { server: 0, agent: 1 } as const

/** The order in which people read members: servers first, then by name, numbers in names by their value. */
export const serversFirst = (a: Member, b: Member): number => rank[a.role] - rank[b.role] || a.host.localeCompare(b.host, 'en', { numeric: true })
