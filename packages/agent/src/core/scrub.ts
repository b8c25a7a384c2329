const MASK = '[secret]'

/** Forms of secrets that are masked wherever they stand: k3s tokens, bootstrap tokens, Drover's tokens, PEM, bearer headers. */
const FORMS: readonly RegExp[] = [
  /K10[0-9a-f]{20,64}(?:::[^\s"'\\]*)?/g,
  /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g,
  /\bdrv[a-z]1_[a-z2-7_]{8,}/g,
  /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g,
  /\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  /\b(?:client-key-data|client-certificate-data|token|password):\s*[^\s"']{8,}/gi,
]

/** A text for people with everything masked that looks like a secret, and every one of the given secrets. */
export const scrub = (text: string, secrets: readonly string[]): string => {
  const known = secrets.filter((secret) => secret.length >= 4).toSorted((a, b) => b.length - a.length)
  const without = known.reduce((rest, secret) => rest.replaceAll(secret, MASK), text)
  return FORMS.reduce((rest, form) => rest.replaceAll(form, MASK), without)
}
