import { type Action, type HostId, KubeconfigWishSchema, type PlanInput, type Request, RequestIdSchema, type Rule, type RuleResult, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { isApiUp, speakerOf } from '../api-up.ts'
import { apiUrl } from '../api-url.ts'
import { type Member, membersOf, seedOf } from '../members.ts'
import { isServed } from '../requests.ts'
import { ruleResult } from '../rule-result.ts'
import { waitApi, waitReach } from '../wait.ts'

const wantedServer = ({ params }: Request): HostId | undefined => KubeconfigWishSchema.safeParse(params).data?.server

const read = (input: PlanInput, server: Member, request: Request): Action => {
  const { apiEndpoint, node } = input.settled
  const named = wantedServer(request) === undefined ? undefined : node[server.id]?.ip
  const params = { request: RequestIdSchema.parse(request.id), server: apiUrl(named ?? apiEndpoint), context: input.spec.cluster }
  return makeAction(['kubeconfig.read', server.id], params, say('why.kubeconfig', { who: request.askedBy }))
}

/** Through the server that was asked for; else through the seed, or another one while that is away. */
const serve = (input: PlanInput, seed: Member, request: Request): RuleResult => {
  const wanted = wantedServer(request)
  const server = wanted === undefined ? speakerOf(input, seed) : membersOf(input, 'server').find(({ id }) => id === wanted)
  if (server === undefined) return { kind: 'done' }
  const unreached = waitReach(input, server)
  if (unreached !== null) return ruleResult([], [unreached])
  return isApiUp(input) ? ruleResult([read(input, server, request)], []) : ruleResult([], [waitApi(server)])
}

/** Reads the kubeconfig for each open request, once the API answers. */
export const serveKubeconfig: Rule = {
  name: 'serve-kubeconfig',
  independent: true,
  decide: (input) => {
    const wanted = input.requests.filter((request) => request.kind === 'kubeconfig' && request.state === 'open' && !isServed(input, request))
    const seed = seedOf(input)
    if (wanted.length === 0 || seed === undefined) return { kind: 'done' }
    const all = wanted.map((request) => serve(input, seed, request))
    return ruleResult(
      all.flatMap((result) => (result.kind === 'act' ? result.actions : [])),
      all.flatMap((result) => (result.kind === 'done' ? [] : result.waits)),
    )
  },
}
