import * as z from 'zod'

type Entry = { readonly status: number; readonly retryable: boolean; readonly cause: string; readonly remedy: string }

/** The one error table: REST problems, refused orders and failed steps. The reference page is made from it. */
export const ERRORS = {
  // asked wrongly
  'request.invalid': { status: 400, retryable: false, cause: 'The request is not of the form that the route takes.', remedy: 'Correct what `path` names; the reference lists every field.' },
  'request.json': { status: 400, retryable: false, cause: 'The body is not strict JSON: duplicate keys, __proto__, a BOM, or bytes after the end.', remedy: 'Send one plain JSON document.' },
  'request.method': { status: 405, retryable: false, cause: 'The route exists, but not with this method.', remedy: 'The reference lists every route with its method.' },
  'request.media': { status: 415, retryable: false, cause: 'Only application/json is accepted.', remedy: 'Set Content-Type: application/json.' },
  'request.too-large': { status: 413, retryable: false, cause: 'The body is larger than the route takes.', remedy: 'Send less; artifacts go to their own route.' },
  'request.host': { status: 421, retryable: false, cause: 'The Host header names no address of this coordinator.', remedy: 'Use an advertised URL, or add this one with `drover init --advertise`.' },
  'request.rate': { status: 429, retryable: true, cause: 'Too many requests in a short time, or too many failed tokens from this address.', remedy: 'Wait as long as Retry-After says. After failed tokens: use one that is good.' },
  'auth.missing': { status: 401, retryable: false, cause: 'No valid API token came with the request.', remedy: 'Run `drover init` on the coordinator, or give the profile a token that has not expired.' },
  'auth.forbidden': { status: 403, retryable: false, cause: 'The token does not have the right that this route needs.', remedy: 'Use a token with a higher role.' },
  'resource.unknown': { status: 404, retryable: false, cause: 'Nothing of this name exists.', remedy: 'List what exists with `drover get`.' },
  'resource.conflict': { status: 409, retryable: false, cause: 'It exists already or changed meanwhile.', remedy: 'Look at it again, then repeat the request.' },
  'idempotency.conflict': { status: 409, retryable: false, cause: 'The Idempotency-Key was used with another body.', remedy: 'Use a new key.' },
  'spec.invalid': { status: 422, retryable: false, cause: 'The cluster spec has errors; nothing was planned.', remedy: 'Correct the lines that are named.' },
  'forecast.fatal': { status: 422, retryable: false, cause: 'The forecast has fatal findings; it cannot be approved.', remedy: 'Mend what the findings name, then plan again.' },
  'forecast.stale': { status: 409, retryable: false, cause: 'The forecast is no longer what would be done now.', remedy: 'Plan again and approve the new forecast.' },
  'forecast.hash': { status: 409, retryable: false, cause: 'The hash is not that of the stored forecast.', remedy: 'Approve the forecast that you were shown.' },
  'run.not-open': { status: 409, retryable: false, cause: 'The run has ended.', remedy: 'Plan again with `drover plan`.' },
  'host.in-cluster': { status: 409, retryable: false, cause: 'The host belongs to a cluster.', remedy: 'Delete the cluster first, or take the host out of its spec.' },
  'host.offline': { status: 409, retryable: true, cause: 'The host is not connected.', remedy: 'Look at `systemctl status drover-agent` on the host.' },
  'host.clone': { status: 409, retryable: true, cause: 'Two machines that hold the key of this host connect by turns.', remedy: 'Stop the copy, or take the agent off it (`install.sh --uninstall`) and give it a new install line; two minutes later `drover approve host NAME`.' },
  'artifact.unknown': { status: 404, retryable: false, cause: 'No artifact of this hash is in the cache.', remedy: 'Bring it in with `drover artifacts import`.' },
  'storage.full': { status: 503, retryable: true, cause: 'The coordinator cannot write to its database.', remedy: 'Free space on its disk; nothing was lost.' },
  internal: { status: 500, retryable: true, cause: 'A fault of Drover itself.', remedy: 'The log holds the request id; please report it.' },
  // enrolment
  'enrol.token': { status: 403, retryable: false, cause: 'The join token is unknown, spent, expired or revoked.', remedy: 'Make a new line with `drover install-line`.' },
  'enrol.key': { status: 403, retryable: false, cause: 'The key offered is weak or malformed.', remedy: 'Remove /var/lib/drover/keys and install again.' },
  'enrol.revoked': { status: 403, retryable: false, cause: 'The host was removed.', remedy: 'Paste a new line with --re-enrol at its end.' },
  'enrol.unknown': { status: 403, retryable: true, cause: 'The coordinator does not know the host and it brought no enrolment record.', remedy: 'Install again with a new line.' },
  'enrol.version': { status: 426, retryable: false, cause: 'Agent and coordinator share no protocol version.', remedy: 'Upgrade the older one.' },
  // orders refused by the agent
  'order.signature': { status: 403, retryable: false, cause: "The order is not signed by the coordinator's key.", remedy: 'Somebody tampers with orders, or the key was replaced: enrol again.' },
  'order.audience': { status: 403, retryable: false, cause: 'The order is for another host.', remedy: 'None: it is refused for good.' },
  'order.kind': { status: 400, retryable: false, cause: "The agent does not know this step or its params.", remedy: 'Upgrade the agent with the install line.' },
  'order.expired': { status: 410, retryable: true, cause: 'The order came too late.', remedy: 'It is sent again with a new time.' },
  'order.epoch': { status: 409, retryable: false, cause: 'The order is of an older coordinator epoch.', remedy: 'Stop any second coordinator. After an older database was put back: `drover-coordinator promote`, restart the service, `drover retry`.' },
  'order.fence': { status: 409, retryable: false, cause: 'A later order for the same thing was already seen.', remedy: 'None: the later one holds. After an older database was put back: restart the coordinator, then `drover retry`.' },
  'order.policy': { status: 403, retryable: false, cause: "The host's policy denies this step.", remedy: 'Change /etc/drover/policy.json on the host.' },
  'order.veto': { status: 403, retryable: false, cause: '/etc/drover/VETO stops all steps on the host.', remedy: 'Remove the file on the host, then `drover retry`.' },
  'order.claim': { status: 409, retryable: false, cause: 'The host has promised itself to another cluster or incarnation.', remedy: 'Delete that cluster first.' },
  // steps
  'step.indeterminate': { status: 500, retryable: false, cause: 'After a crash it cannot be told whether the step was done.', remedy: 'Look at the host; `drover retry` asks it again.' },
  'step.timeout': { status: 504, retryable: true, cause: 'The step did not end within its time.', remedy: 'The message says what it waited for; `drover logs` shows more.' },
  'step.journal': { status: 500, retryable: false, cause: 'The journal on the host cannot be written or read.', remedy: 'Free space under /var/lib/drover, then `drover retry`.' },
  'step.space': { status: 507, retryable: true, cause: 'There is not enough space on the host.', remedy: 'Free as much as the message names.' },
  'step.tool': { status: 500, retryable: true, cause: 'A program on the host failed.', remedy: 'The evidence holds its output.' },
  'step.secret': { status: 500, retryable: true, cause: 'A sealed secret is missing or cannot be opened by this host.', remedy: 'It is sealed again on retry; after a reinstall enrol the host anew.' },
  'binary.origin': { status: 502, retryable: true, cause: 'The origin does not have the file or cannot be reached.', remedy: 'Check the origin, or use `origin: cache` with `drover artifacts import`, or `origin: file`.' },
  'binary.hash': { status: 422, retryable: false, cause: 'The file does not have the SHA-256 that was ordered.', remedy: 'Correct the hash in the spec, or replace the file at the origin.' },
  'binary.unrunnable': { status: 422, retryable: false, cause: 'The file is not a k3s of the ordered version for this machine.', remedy: 'Check version and architecture of what was imported.' },
  'sysctl.refused': { status: 409, retryable: false, cause: 'The kernel does not take the value: the host is a container, or its kernel lacks the setting.', remedy: 'Set it on the machine that the container runs on, or leave protect-kernel-defaults out of the spec.' },
  'k3s.foreign': { status: 409, retryable: false, cause: 'The host has a k3s that Drover did not install.', remedy: 'Uninstall it with its own script first.' },
  'k3s.port': { status: 409, retryable: false, cause: 'A port that k3s needs is in use.', remedy: 'Stop what holds it.' },
  'k3s.seed': { status: 409, retryable: false, cause: 'Only the seed of its claim may initialise a cluster.', remedy: 'None: this order should not exist; plan again.' },
  'k3s.data-gone': { status: 409, retryable: false, cause: 'The host has run this cluster, its datastore is gone, and its settings name no other server: k3s would make an empty cluster in its place.', remedy: 'Put server/db back below /var/lib/rancher/k3s, or a snapshot with `drover restore`; to begin anew, delete the cluster first.' },
  'k3s.start': { status: 500, retryable: true, cause: 'k3s did not come up.', remedy: 'The evidence holds its last fatal line; `drover logs HOST` shows more.' },
  'k3s.token': { status: 500, retryable: false, cause: 'k3s refuses the token or the cluster CA does not match it.', remedy: 'The host points at another cluster: check apiEndpoint.' },
  'k3s.bootstrap-cut': { status: 500, retryable: true, cause: 'A first start was cut short and left no bootstrap data.', remedy: 'On the seed Drover sets the empty data aside and starts anew where that is safe; on another server nothing is moved: `drover logs HOST` shows more.' },
  'k3s.node-name': { status: 409, retryable: false, cause: 'A server that joins has the Node name of a member that etcd has already.', remedy: 'Give the host another `nodeName` in the spec, or remove the old member first.' },
  'k3s.mismatch': { status: 409, retryable: false, cause: 'Settings that must be the same on all servers of a cluster differ on a server that joins.', remedy: 'Give all servers the same value of what the message names; look for other files in /etc/rancher/k3s/config.yaml.d of that host.' },
  'k3s.unreached': { status: 502, retryable: true, cause: 'The server that k3s is to join does not answer.', remedy: 'See that k3s runs there and that TCP 6443 is open from this host, then `drover retry`.' },
  'k3s.join': { status: 500, retryable: true, cause: 'etcd did not take the server in as a member.', remedy: 'The evidence holds its words. See that TCP 2379 and 2380 are open between the servers and that all of them run, then `drover retry`.' },
  'k3s.reset': { status: 500, retryable: true, cause: 'k3s made no cluster of one member out of a snapshot.', remedy: 'The message holds its last words; the data before are in their place again. Restore another snapshot where this one is at fault.' },
  'k3s.removed': { status: 409, retryable: true, cause: 'The etcd member of the server was removed while k3s was down or cut off.', remedy: 'A server whose settings name another one is restarted by Drover and joins as a new member; where they name none see `drover logs HOST`.' },
  'k3s.to-etcd': { status: 500, retryable: true, cause: 'A server on SQLite did not come up on etcd, or its data were not moved whole.', remedy: 'The message holds the words of k3s, and says where it is not back on SQLite. Mend what it names, then `drover retry`.' },
  'k3s.uncopied': { status: 409, retryable: false, cause: 'These settings would have k3s move its SQLite data to etcd at its next start, without a copy to go back to.', remedy: 'None: this order should not exist; plan again, and `k3s.to-etcd` moves them.' },
  'k3s.objects': { status: 500, retryable: true, cause: 'etcd holds fewer objects than SQLite did after they were moved.', remedy: 'The server is back on SQLite. The message names what was short; see `drover logs HOST`, then `drover retry`.' },
  'etcd.promote': { status: 409, retryable: true, cause: 'The etcd member of a server that joins got no vote.', remedy: 'The message says what was waited for; `drover logs HOST` of the server that joins shows more. See that TCP 2379 and 2380 are open between the servers, then `drover retry`.' },
  'etcd.remove': { status: 409, retryable: true, cause: 'The etcd member of a server was not taken out.', remedy: 'The message says what speaks against it; `drover get members CLUSTER` shows who votes.' },
  'node.drain': { status: 409, retryable: false, cause: 'Pods of a host that is to leave cannot be evicted; the host takes pods again.', remedy: 'The message names them and the PodDisruptionBudgets that hold them: have more replicas run elsewhere, or loosen the budget, then `drover retry`.' },
  'node.delete': { status: 409, retryable: true, cause: 'The Node of a host that has left is still there, or came back.', remedy: 'See that no k3s runs on that host, then `drover retry`.' },
  'k3s.mounts': { status: 409, retryable: false, cause: 'Something foreign is mounted below the data folders.', remedy: 'Unmount what the message names.' },
  'k3s.leftovers': { status: 500, retryable: true, cause: 'After the uninstall something is still there.', remedy: 'The message names it; `drover retry` tries again.' },
  'route.taken': { status: 409, retryable: false, cause: 'Addresses or the unit that the made default route needs belong to somebody else on this host.', remedy: 'Give the host a default route of its own, then plan again; the message names what is in the way.' },
  'snapshot.none': { status: 409, retryable: true, cause: 'The host is no running server that has data of its own, so there is nothing to take a snapshot of.', remedy: 'See the server with `drover status`; start the cluster first.' },
  'etcd.copy': { status: 502, retryable: true, cause: 'The etcd member of a server gave no whole copy of itself.', remedy: 'The message has its words. See the members with `drover get members`; where they are well, take the snapshot again.' },
  'etcd.none': { status: 409, retryable: false, cause: 'The cluster keeps its objects in SQLite: there are no members of etcd.', remedy: 'See its server with `drover describe cluster`.' },
  'snapshot.exists': { status: 409, retryable: false, cause: 'Another snapshot of this name is on the host: of another cluster, or of one that was deleted.', remedy: 'Delete it with `drover snapshot delete`, then `drover retry`.' },
  'snapshot.unknown': { status: 404, retryable: false, cause: 'No whole snapshot of this name is on the host.', remedy: 'See which there are with `drover get snapshots`.' },
  'snapshot.damaged': { status: 422, retryable: false, cause: 'The datastore or the snapshot is damaged: it fails the check of SQLite or of etcd, or is not the file that was taken.', remedy: 'Restore another snapshot; where the datastore itself is damaged, the newest good one.' },
  'snapshot.datastore': { status: 409, retryable: false, cause: 'The snapshot is of the other datastore: what was in SQLite cannot be put into etcd as it is, nor the other way round.', remedy: 'Name a snapshot that was taken since the cluster keeps its objects where it does now: `drover get snapshots CLUSTER`.' },
  'snapshot.cluster': { status: 409, retryable: false, cause: 'The snapshot is of another cluster.', remedy: 'Name one of this cluster: `drover get snapshots CLUSTER`.' },
  'snapshot.token': { status: 409, retryable: false, cause: 'Another server token opens the snapshot than the one on the host: k3s would not start on it.', remedy: 'Name a snapshot that was taken with the present token.' },
  'snapshot.version': { status: 409, retryable: false, cause: 'The snapshot was taken by a newer k3s than the one on the host.', remedy: 'Apply a spec that names that version or a later one, then restore.' },
  'snapshot.last': { status: 409, retryable: false, cause: 'It is the last good snapshot of the cluster.', remedy: 'Take another one first: `drover snapshot now CLUSTER`.' },
  'copy.ticket': { status: 401, retryable: true, cause: 'The ticket is not of an order that is under way, or is of another snapshot, or its copy is whole already.', remedy: 'None: the next order brings another ticket.' },
  'copy.range': { status: 409, retryable: true, cause: 'What is sent does not begin where the copy ends so far, or is not as long as the copy will be.', remedy: 'Ask how much is there, and go on from there.' },
  'copy.cut': { status: 400, retryable: true, cause: 'The body of an upload ended early.', remedy: 'Go on from where it ended; what has come is kept.' },
  'copy.space': { status: 507, retryable: true, cause: 'The disk of the coordinator has not enough space for the copy.', remedy: 'Free as much as the message names, or delete snapshots of which there are copies: `drover get snapshots`.' },
  'copy.unreached': { status: 502, retryable: true, cause: 'The host does not reach the coordinator over HTTPS at any of its addresses, or was cut off again and again.', remedy: 'See that the addresses of `drover init --advertise` lead to the coordinator from the host; the copy is tried again and goes on where it ended.' },
  'copy.unknown': { status: 404, retryable: false, cause: 'The coordinator has no copy of this snapshot.', remedy: 'See which there are with `drover get snapshots`.' },
  'copy.damaged': { status: 422, retryable: false, cause: 'The copy on the coordinator does not open: it was cut off, changed, or is of another cluster.', remedy: 'Delete it with `drover snapshot delete`; where the host still has the snapshot it is copied again.' },
  'schedule.unknown': { status: 422, retryable: false, cause: 'The host cannot plan a schedule: it does not know the time zone or does not take the cron expression.', remedy: 'Correct `snapshots` in the spec; UTC is known everywhere.' },
  'firewall.backend': { status: 409, retryable: false, cause: 'The host has no nftables that Drover can use.', remedy: 'Install the package nftables (nft 1.0 or newer, with JSON), or leave the firewall out of the spec.' },
  'firewall.other-in-charge': { status: 409, retryable: false, cause: 'Another firewall of the host decides what comes in; Drover does not overrule it.', remedy: 'Turn that one off (`ufw disable`, `systemctl disable --now firewalld`, or take the rule named out of its file), or leave the firewall out of the spec.' },
  'firewall.cuts-off': { status: 409, retryable: false, cause: 'The rules would cut off an SSH session that is open now, or a port that must stay reachable.', remedy: 'Let the address that the message names in by the spec (its admins), or end that session.' },
  'firewall.not-staged': { status: 409, retryable: true, cause: 'These rules are not (or no longer) staged: their time was over and the host went back by itself.', remedy: 'None: they are staged again. Where that repeats, witnesses cannot reach the host in time.' },
  'firewall.other-members': { status: 409, retryable: true, cause: 'The order carries no list of members, or another one than was approved.', remedy: 'None: it is sent anew. Where that repeats, coordinator and agent are not of the same version.' },
  'firewall.other-rules': { status: 409, retryable: true, cause: 'The active rules are not those that the order names.', remedy: 'None: the next plan sees what is active.' },
  'kubeconfig.unsafe': { status: 500, retryable: false, cause: 'The kubeconfig on the host is not of the expected shape.', remedy: 'Look at /etc/rancher/k3s/k3s.yaml on the server.' },
} as const satisfies Record<string, Entry>

/** A code of the error table. */
export type ErrorCode = keyof typeof ERRORS
const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]
/** Accepts a code of the error table. */
export const ErrorCodeSchema = z.enum(codes)

/** The one error class: a code of the table, what exactly happened, and the evidence (what was run, what came back; secrets masked). */
export class DroverError extends Error {
  override readonly name = 'DroverError'
  readonly code: ErrorCode
  readonly evidence: string
  /** Says what happened in words for people; the table gives cause and remedy. */
  constructor(code: ErrorCode, message: string, options: { readonly evidence?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.evidence = options.evidence ?? ''
  }
}
