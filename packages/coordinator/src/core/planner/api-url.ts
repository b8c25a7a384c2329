/** An IPv6 address in brackets, anything else as it is. */
export const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** The URL that members and kubeconfigs reach the API by; k3s serves it on port 6443. */
export const apiUrl = (host: string): string => `https://${urlHost(host)}:6443`
