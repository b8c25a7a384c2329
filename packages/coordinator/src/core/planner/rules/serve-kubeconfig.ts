import { type Action, type PlanInput, type Request, RequestIdSchema, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { isApiUp } from '../api-up.ts'
import { apiUrl } from '../host-config.ts'
import { type Member, seedOf } from '../members.ts'
import { isServed } from '../requests.ts'
import { ruleResult } from '../rule-result.ts'
import { waitApi, waitReach } from '../wait.ts'

const read = (input: PlanInput, seed: Member, request: Request): Action => {
  const params = { request: RequestIdSchema.parse(request.id), server: apiUrl(input.settled.apiEndpoint), context: input.spec.cluster }
  return makeAction(['kubeconfig.read', seed.id], params, say('why.kubeconfig', { who: request.askedBy }))
}

/** Reads the kubeconfig for each open request, once the API answers. */
export const serveKubeconfig: Rule = {
  name: 'serve-kubeconfig',
  independent: true,
  decide: (input) => {
    const wanted = input.requests.filter((request) => request.kind === 'kubeconfig' && request.state === 'open' && !isServed(input, request))
    const seed = seedOf(input)
    if (wanted.length === 0 || seed === undefined) return { kind: 'done' }
    const unreached = waitReach(input, seed)
    if (unreached !== null) return ruleResult([], [unreached])
    if (!isApiUp(input)) return ruleResult([], [waitApi(seed)])
    return ruleResult(wanted.map((request) => read(input, seed, request)), [])
  },
}
