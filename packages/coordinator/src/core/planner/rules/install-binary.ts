import { type PlanInput, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { type Member, stayersOf } from '../members.ts'
import { type Wish, perMember } from '../per-member.ts'
import { artifactsOf, hasBinary } from '../prepared.ts'

const wish = (input: PlanInput, member: Member): Wish => {
  const wanted = artifactsOf(input, member)
  if (wanted === undefined || hasBinary(input, member)) return null
  const { version, origin } = input.spec.k3s
  const { arch, name } = member.host
  const params = { version, arch, sha256: wanted.binary, origin, images: [...wanted.images] }
  const have = member.facts.binary?.version ?? 'no k3s'
  const why = have === version ? say('why.binary-file', { host: name, version }) : say('why.binary', { host: name, have, want: version })
  return { action: makeAction(['binary.install', member.id], params, why) }
}

/** Every member has the k3s binary and the images of the spec, by hash. Runs ahead: nothing starts by it. */
export const installBinary: Rule = {
  name: 'install-binary',
  independent: true,
  decide: (input) => perMember(input, stayersOf(input), (member) => wish(input, member)),
}
