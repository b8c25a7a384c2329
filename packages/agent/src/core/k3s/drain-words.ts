/** What kubectl drain said of pods that are still there. */
export type DrainWords = {
  /** `namespace/name` of pods that a PodDisruptionBudget holds. */
  readonly held: readonly string[]
  /** Pods that nothing would start elsewhere; kubectl leaves them alone. */
  readonly alone: readonly string[]
}

const HELD = /error when evicting pods?\/"([^"]+)" -n "([^"]+)".*disruption budget/g
const ALONE = /declare no controller \(use --force to override\): ([^;\n]+)/g

const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)].toSorted()

/** Reads what kubectl drain printed while it did not get all pods off a Node. */
export const readDrain = (text: string): DrainWords => ({
  held: distinct([...text.matchAll(HELD)].map(([, name = '', namespace = '']) => `${namespace}/${name}`)),
  alone: distinct([...text.matchAll(ALONE)].flatMap(([, names = '']) => names.replace(/, continuing command.*/, '').split(/,\s*/)).filter((name) => name.includes('/')).map((name) => name.trim())),
})

/** The budgets without room in the namespaces of some pods, from lines `namespace/name allowed`. */
export const budgetsOf = (text: string, pods: readonly string[]): readonly string[] => {
  const namespaces = new Set(pods.map((pod) => pod.split('/')[0]))
  return text.split('\n').flatMap((line) => {
    const [name = '', allowed] = line.trim().split(' ')
    return allowed === '0' && namespaces.has(name.split('/')[0]) ? [name] : []
  })
}
