export {
  NameSchema,
  HostIdSchema,
  type HostId,
  ClusterNameSchema,
  type ClusterName,
  RunIdSchema,
  type RunId,
  OrderIdSchema,
  type OrderId,
  RequestIdSchema,
  type RequestId,
  ForecastIdSchema,
  type ForecastId,
  Sha256Schema,
  type Hash,
  TimeSchema,
  type Time,
  type Ms,
} from './ids.ts'
export { ClaimSchema, type Claim } from './claim.ts'
export { type Json, JsonSchema, canonicalJson } from './json.ts'
export { ERRORS, type ErrorCode, ErrorCodeSchema, DroverError } from './errors.ts'
export { type SaidCode, SaidSchema, type Said, say, render } from './said.ts'
export { nextStep } from './say/next-steps.ts'
export { SENTENCES } from './say/sentences.ts'
export { type StepClass, type Consent, type Touch, type StepDefinition, defineStep } from './step.ts'
export { type Fact, type Role, type HostFacts, type ClusterFacts, type HostView, type View, type ViewPatch, STALE_AFTER } from './view.ts'
export {
  type Request,
  type ActionKey,
  type Action,
  type Wait,
  type Finding,
  type Plan,
  type OpenOrder,
  type Settled,
  type SettledFirewall,
  type Witness,
  type Artifacts,
  type PlanInput,
  type RuleResult,
  type Rule,
  type Line,
  type Phase,
  type Forecast,
  type Spent,
  type RunState,
  type Run,
} from './plan.ts'
export { Key32Schema, OrderSchema, type Order, type TypedOrder, typeOrder } from './order.ts'
export { DatastoreSchema, type Datastore } from './datastore.ts'
export {
  EtcdCopySchema,
  type EtcdCopy,
  SnapshotNameSchema,
  SnapshotSchema,
  type Snapshot,
  isGoodSnapshot,
  SnapshotFactSchema,
  type SnapshotFact,
  MOST_SNAPSHOTS,
  type SnapshotsHeld,
  heldSnapshots,
} from './snapshot.ts'
export {
  COPY_FRAME,
  COPY_HEAD,
  COPY_TAG,
  copyFrame,
  copyLayout,
  copyRange,
  type CopyFrame,
  type CopyLayout,
  type CopyStanding,
  CopyStandingSchema,
  frameHolding,
  readCopyRange,
} from './snapshot-copy.ts'
export { type Cidr, parseAddress, parseCidr, holds, isShared, overlaps } from './net/cidr.ts'
export { canonicalAddress, cidrsBetween, mergeCidrs } from './net/merge-cidrs.ts'
export { type Ports, portSpan, mergePorts, withoutPorts } from './firewall/ports.ts'
export {
  SOURCES,
  type Source,
  type Admit,
  MembersSchema,
  type Members,
  RulesetSchema,
  type Ruleset,
  type Rules,
  type Digests,
  canonicalMembers,
  canonicalRuleset,
  rulesDigest,
  membersDigest,
  digestsOf,
} from './firewall/ruleset.ts'
export { type MembersRef, type MemberParams, refOf, toldRuleset, unlikeMembers, listedMembers } from './firewall/members-ref.ts'
export { EXAMPLE_RULESET } from './firewall/example.ts'
export { type Arrival, admits } from './firewall/admits.ts'
export { MOST_MEMBERS } from './etcd-id.ts'
export { type EtcdFact, type EtcdMember } from './facts/etcd.ts'
export { type FirewallFact, MOST_SESSIONS, NO_FIREWALL, type SshSession, UNKNOWN_DIGESTS } from './facts/firewall.ts'
export { FIREWALL } from './firewall/paths.ts'
export { type Probe, ProbeSchema, type Probed, ProbedSchema } from './messages/probe.ts'
export { beforeEtcd, K3S, DROVER, unitOf, unitFileOf, uninstallOf } from './k3s/paths.ts'
export { ROUTE } from './k3s/route.ts'
export { ETCD_PORTS, type EtcdTiming, etcdArgs, K3S_ETCD_TIMING, quorumOf, toleratedBy } from './k3s/etcd.ts'
export { ConfigValueSchema, type ConfigValue, K3sConfigSchema, type K3sConfig, renderConfig, restartText, serverIn } from './k3s/config.ts'
export {
  KUBELET_SYSCTLS,
  NO_SYSCTLS,
  SYSCTL_NAMES,
  type SysctlName,
  type Sysctls,
  sysctlEntries,
  sysctlsBefore,
  SysctlsSchema,
  sysctlsToPutBack,
  sysctlsUnlike,
  type SysctlValues,
  SysctlValuesSchema,
} from './k3s/kubelet-sysctls.ts'
export { K3sVersionSchema, versionParts, compareVersions } from './k3s/version.ts'
export { STEPS, type StepKind, type StepParams, type StepResult, isStepKind } from './steps/index.ts'
export { INVENTORY_SECTIONS, type SectionName, InventorySchema, type Inventory } from './inventory/index.ts'
export { HardwareSectionSchema, type HardwareSection } from './inventory/hardware.ts'
export { HostStateSectionSchema, type HostStateSection } from './inventory/host-state.ts'
export { type Measured } from './inventory/measured.ts'
export { AddressSchema, type Address, NetworkSectionSchema, type NetworkSection } from './inventory/network.ts'
export { ASKS_FOR_INVENTORY, MESSAGE_CLASSES } from './messages/classes.ts'
export { HOST_FACTS, OWN_FACTS, BARE_FACTS, BARE_TOLD, seenFacts, type OwnFacts, type ToldFacts, type OwnFactName } from './facts/index.ts'
export { type FactDefinition } from './facts/define-fact.ts'
export { type Frozen } from './frozen.ts'
export { HostFactsMessageSchema, type HostFactsMessage } from './messages/facts.ts'
export { NODES_LIMITS, NodeSeenSchema, type NodeSeen, NodesMessageSchema, type NodesMessage } from './messages/nodes.ts'
export { OrderReportSchema, type OrderReport } from './messages/order-report.ts'
export { TO_AGENT, type ToAgent, type ForAgent } from './messages/to-agent.ts'
export { TO_COORDINATOR, type ToCoordinator, type FromAgent } from './messages/to-coordinator.ts'
export { ArtifactSchema, type Artifact, ArtifactQuerySchema } from './resources/artifact.ts'
export { LabelsSchema, TaintSchema, ClusterSpecSchema, type ClusterSpec, datastoreOf, serversOf } from './resources/cluster-spec.ts'
export { type EtcdShown, EtcdShownSchema } from './resources/etcd-shown.ts'
export { FirewallSpecSchema, type FirewallSpec } from './resources/firewall-spec.ts'
export {
  ClusterSchema,
  type Cluster,
  ForecastBodySchema,
  DeletionBodySchema,
  AbsenceWishSchema,
  KubeconfigWishSchema,
  KubeconfigBodySchema,
  ApproveBodySchema,
  RequestShownSchema,
  type RequestShown,
} from './resources/cluster.ts'
export { EventSchema, type Event, HealthSchema } from './resources/event.ts'
export { WaitSchema, type WaitShown, FindingSchema, ForecastSchema, type ForecastShown } from './resources/forecast.ts'
export { FiringShownSchema, type FiringShown } from './resources/firing.ts'
export { HostSchema, type Host } from './resources/host.ts'
export { FaultSchema, type Fault, ProblemSchema, type Problem } from './resources/problem.ts'
export {
  SnapshotShownSchema,
  type SnapshotShown,
  RestorationBodySchema,
  RestoreWishSchema,
  SnapshotWishSchema,
  DeletionWishSchema,
  snapshotOfRequest,
} from './resources/snapshot.ts'
export { type DialShown, type OrderShown, RunSchema, type RunShown } from './resources/run.ts'
export {
  JoinTokenBodySchema,
  type JoinTokenBody,
  TokenSchema,
  type Token,
  InstallLineSchema,
  type InstallLine,
} from './resources/token.ts'
export { type StrictJsonLimits, type StrictJsonReason, type StrictJsonResult, STRICT_JSON_LIMITS, parseStrictJson } from './strict-json.ts'
export { DOMAINS, HASH_PREFIXES, type Domain } from './wire/domains.ts'
export { CLOSE, type CloseCode } from './wire/close-codes.ts'
export {
  AGENT_PATH,
  BODY_LIMITS,
  PROTOCOL_VERSION,
  PROTOCOL_VERSIONS,
  SESSION_TIMES,
  SUBPROTOCOL,
  WIRE_LIMITS,
  type MessageClass,
} from './wire/limits.ts'
export {
  FRAME_KINDS,
  FRAME_MAGIC,
  FRAME_MIN,
  FRAME_OFFSETS,
  SIGNATURE_LENGTH,
  ackBodySchema,
  byeBodySchema,
  frameHeaderSchema,
  type Direction,
  type FrameHeader,
  type FrameKind,
} from './wire/frame-head.ts'
export {
  HANDSHAKE_MAGIC,
  HELLO_MODES,
  HELLO_OFFSETS,
  KEY_LENGTH,
  TOKEN_ID_LENGTH,
  type HelloMode,
} from './wire/hello-layout.ts'
export { blobText, bytesText, pinText, sha256Text } from './wire/bytes-text.ts'
export {
  acceptSchema,
  challengeSchema,
  enrolmentRecordSchema,
  helloBodySchema,
  helloFactsSchema,
  machineSchema,
  nodeStateSchema,
  refuseCodeSchema,
  refuseSchema,
  signedEnrolmentSchema,
  type Accept,
  type Challenge,
  type EnrolmentRecord,
  type HelloBody,
  type HelloFacts,
  type Machine,
  type NodeState,
  type Refuse,
  type RefuseCode,
  type SignedEnrolment,
} from './wire/handshake.ts'
export {
  MAX_SEALED_SECRET,
  sealContextSchema,
  signedOrderSchema,
  type SealContext,
  type SignedOrderText,
} from './wire/signed-bytes.ts'
export { type Cron, parseCron } from './schedule/cron.ts'
export { type Firing, type FiringWhat, firingId, readFiringId, timeName } from './schedule/firing-id.ts'
export { plannedAfter, plannedBefore, type WallClock } from './schedule/planned-times.ts'
export { CronSchema, type Schedule, ScheduleNameSchema, ScheduleSchema, schedulesText, TimeZoneSchema } from './schedule/schedule.ts'
export { wallClockOf } from './schedule/wall-clock.ts'
export { createTokenBucket, type Rate, type TokenBucket } from './wire/token-bucket.ts'
export { answerContextOf, sealContextOf } from './seal-context.ts'
