import { BILLED_GB, SECONDS_PER_MONTH } from '../../sizing/monthly-cost';
import type { TopologyResource } from '../../topology';
import { type Amount, assumed, times, weakest } from '../amount';
import { accessLogBytes, webAclRequests } from './edge';
import { functionUsage } from './functions';
import { listOf, property } from './properties';
import { changesPerSecond } from './table-streams';
import { callersOf, LOAD_BALANCER, MAPPING, sourceOf, text, writersOf } from './traffic';
import type { UsageModel } from './usage-model';

/** What a bucket takes in a month, and how long it keeps it. */
export interface BucketUsage {
  /** GB that come in a month. */
  readonly gigabytesPerMonth: Amount;
  /** Objects that come in a month. */
  readonly objectsPerMonth: Amount;
  /** Months that an object is kept, as far as the system is old enough; at least a part of one. */
  readonly keptMonths: number;
  /** Objects of these that may move to a colder class: a rule without a size leaves those below 128 KiB where they are. */
  readonly movingObjectsPerMonth: Amount;
  /** Classes that objects move to, with the month in which they do; none where all objects are too small. */
  readonly transitions: readonly { readonly storageClass: string; readonly afterMonths: number }[];
}

const DAYS_PER_MONTH = 730 / 24;
/** Smallest object that a rule without a size moves. Source: Amazon S3 User Guide, "Lifecycle transition general considerations". */
const LEAST_MOVED = 's3/lifecycle.minimumBytes';

/** What comes into a bucket: audit records, access logs, logs of a web ACL or of a network, or next to nothing. */
export function bucketUsage(model: UsageModel, bucket: TopologyResource): BucketUsage {
  const inflow = inflowOf(model, bucket);
  const { expiryDays, transitions } = lifecycleOf(bucket);
  const age = model.assumption('archiveMonths');
  const gigabytesPerMonth = model.use(bucket, 'gigabytesPerMonth', () => inflow.gigabytes);
  const objectsPerMonth = model.use(bucket, 'objectsPerMonth', () => inflow.objects);
  const carriers = times(objectsPerMonth, inflow.carrierShare);
  const tooSmall = gigabytesPerMonth.value * BILLED_GB < carriers.value * model.facts(bucket).number(LEAST_MOVED);
  return {
    gigabytesPerMonth,
    objectsPerMonth,
    movingObjectsPerMonth: carriers,
    keptMonths: Math.min(age, expiryDays === undefined ? age : expiryDays / DAYS_PER_MONTH),
    transitions: tooSmall ? [] : transitions,
  };
}

interface Inflow {
  /** Share of the objects that the bytes are in; the others are small ones beside them. */
  readonly carrierShare: number;
  readonly gigabytes: Amount;
  readonly objects: Amount;
}

function inflowOf(model: UsageModel, bucket: TopologyResource): Inflow {
  const archiver = writersOf(model, bucket).map(({ writer }) => writer).find((it) => model.decided(it, 'putsPerSecond') !== undefined);
  if (archiver !== undefined) {
    return archiveInflow(model, archiver);
  }
  const balancers = model.references.to(bucket, LOAD_BALANCER).map(({ from }) => from);
  if (balancers.length > 0) {
    return accessLogs(model, [...new Set(balancers)]);
  }
  const logging = model.references.to(bucket, 'AWS::WAFv2::LoggingConfiguration').map(({ from }) => from);
  if (logging.length > 0) {
    return webAclLogs(model, logging);
  }
  if (model.references.to(bucket, 'AWS::EC2::FlowLog').length > 0) {
    const gigabytes = model.assume('flowLogGigabytes', 'flow logs of a month');
    return { gigabytes, objects: assumed(gigabytes.value * model.assumption('flowLogFilesPerGigabyte'), 'files of a usual size'), carrierShare: 1 };
  }
  const stored = model.assume('bucketGigabytes', 'a bucket that takes little');
  return { gigabytes: stored, objects: assumed(stored.value * model.assumption('objectsPerGigabyte'), 'objects of a usual size'), carrierShare: 1 };
}

/** Records of the ledger's changes, and a manifest for each object. */
function archiveInflow(model: UsageModel, archiver: TopologyResource): Inflow {
  const facts = model.facts(archiver);
  const tables = [...new Set(callersOf(model, archiver).filter(({ type }) => type === MAPPING).flatMap((it) => sourceOf(model, it) ?? []))];
  const changes = tables.map((it) => changesPerSecond(model, it));
  const rate = changes.reduce((sum, it) => sum + it.value, 0);
  const bytes = facts.number('audit-archiver/bytesPerRecord');
  const { invocationsPerSecond, emptyPerSecond = 0 } = functionUsage(model, archiver);
  const batches = { ...invocationsPerSecond, value: invocationsPerSecond.value - emptyPerSecond };
  return {
    gigabytes: {
      value: rate * bytes * SECONDS_PER_MONTH / BILLED_GB,
      kind: weakest(...changes.map(({ kind }) => kind), 'derived'),
      why: `${text(rate)} changes/s x ${bytes} B, as measured of compressed records`,
    },
    carrierShare: model.assumption('audit.objectShare'),
    objects: { ...times(batches, 2 * SECONDS_PER_MONTH), why: `an object and a manifest for each batch that brings something: ${batches.why}` },
  };
}

function accessLogs(model: UsageModel, balancers: readonly TopologyResource[]): Inflow {
  const logs = balancers.map((it) => accessLogBytes(model, it));
  const bytes = logs.reduce((sum, it) => sum + it.value, 0);
  const nodes = balancers.reduce((sum, it) => sum + Math.max(1, listOf(it, 'Subnets').length), 0);
  const minutes = model.assumption('accessLogMinutes');
  return {
    gigabytes: { value: bytes * SECONDS_PER_MONTH / BILLED_GB, kind: weakest(...logs.map(({ kind }) => kind)), why: logs[0].why },
    carrierShare: 1,
    objects: assumed(nodes * SECONDS_PER_MONTH / (60 * minutes), `a file of each of ${nodes} nodes every ${minutes} min`),
  };
}

function webAclLogs(model: UsageModel, logging: readonly TopologyResource[]): Inflow {
  const webAcls = logging.flatMap((it) => model.references.from(it, /^ResourceArn/).map(({ to }) => to));
  const requests = webAcls.reduce((sum, it) => sum + webAclRequests(model, it).value, 0);
  const filtered = logging.every((it) => property(it, 'LoggingFilter.DefaultBehavior') === 'DROP');
  const share = filtered ? model.assumption('blockedShare') : 1;
  const bytes = model.assumption('webAclLogBytes');
  const gigabytes = requests * share * bytes * SECONDS_PER_MONTH / BILLED_GB;
  return {
    gigabytes: assumed(gigabytes, `${text(requests)} requests/s, ${filtered ? `${share} of them blocked` : 'all of them'}, x ${bytes} B`),
    carrierShare: 1,
    objects: assumed(SECONDS_PER_MONTH / model.assumption('webAclLogFileSeconds'), 'a file every few minutes'),
  };
}

/** GB that a bucket takes of logs which a service delivers to it for a price. */
export function vendedGigabytes(model: UsageModel, bucket: TopologyResource): Amount | undefined {
  const isVended = model.references.to(bucket, 'AWS::WAFv2::LoggingConfiguration', 'AWS::EC2::FlowLog').length > 0;
  // What is billed is the log before it is compressed; here both are the same, as the assumptions are of uncompressed bytes.
  return isVended ? inflowOf(model, bucket).gigabytes : undefined;
}

function lifecycleOf(bucket: TopologyResource): { readonly expiryDays?: number; readonly transitions: BucketUsage['transitions'] } {
  const rules = (listOf(bucket, 'LifecycleConfiguration.Rules') as readonly Rule[]).filter((it) => it.Status === 'Enabled' && it.Prefix === undefined && it.TagFilters === undefined);
  const expiries = rules.flatMap((it) => (it.ExpirationInDays === undefined ? [] : [Number(it.ExpirationInDays)]));
  const transitions = rules.flatMap((it) => (it.Transitions ?? []).flatMap(({ StorageClass, TransitionInDays }) =>
    (TransitionInDays === undefined ? [] : [{ storageClass: String(StorageClass), afterMonths: Number(TransitionInDays) / DAYS_PER_MONTH }])));
  return {
    ...(expiries.length > 0 && { expiryDays: Math.min(...expiries) }),
    transitions: transitions.sort((a, b) => a.afterMonths - b.afterMonths),
  };
}

interface Rule {
  readonly Status?: unknown;
  readonly Prefix?: unknown;
  readonly TagFilters?: unknown;
  readonly ExpirationInDays?: unknown;
  readonly Transitions?: readonly { readonly StorageClass?: unknown; readonly TransitionInDays?: unknown }[];
}

