/**
 * The keys of a YAML mapping that stand at the left margin, as k3s config files have them: `key:`, `key+:` (which
 * appends) and quoted keys. It reads keys only, so that no YAML reader needs to stay in memory.
 */
export const yamlTopKeys = (text: string): readonly string[] => {
  const keys = text.split('\n').flatMap((line) => {
    const [, quoted, double, plain] = /^(?:'([^']+)'|"([^"]+)"|([A-Za-z0-9][A-Za-z0-9_.-]*))\+?\s*:(?:\s|$)/.exec(line) ?? []
    const key = quoted ?? double ?? plain
    return key === undefined ? [] : [key.replace(/\+$/, '')]
  })
  return [...new Set(keys)]
}
