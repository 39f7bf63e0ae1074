import { queuedAttempts } from '../../sizing/refund-attempts';
import type { TopologyResource } from '../../topology';
import { type Amount, assumed, derived, weakest } from '../amount';
import { numberOf, textOf } from './properties';
import type { UsageModel } from './usage-model';

export const LOAD_BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
export const TARGET_GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';
export const MAPPING = 'AWS::Lambda::EventSourceMapping';
const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const API_TYPES = ['AWS::ApiGateway::RestApi', 'AWS::ApiGatewayV2::Api'];
const FUNCTION_TYPES = ['AWS::Lambda::Function', 'AWS::Lambda::Alias', 'AWS::Lambda::Version'];
/** What writes where its environment names something. */
const WRITER_TYPES = ['AWS::Lambda::Function', 'AWS::ECS::TaskDefinition', 'AWS::KinesisAnalyticsV2::Application'];

const NOTHING = derived(0, 'no payment passes here');

/**
 * Payments a second that pass a resource at the average rate; of what carries events of another kind, events a second. They enter at load balancers
 * and APIs, else where nobody in the assembly writes, and follow what names what.
 */
export function trafficOf(model: UsageModel, resource: TopologyResource): Amount {
  const key = `traffic ${resource.id}`;
  // What comes round to itself brings nothing new.
  const underWay = model.once<Set<string>>('traffic under way', () => new Set());
  if (underWay.has(key)) {
    return NOTHING;
  }
  underWay.add(key);
  try {
    return model.once(key, () => model.use(resource, 'eventsPerSecond', () => sideFlowOf(model, resource) ?? flowOf(model, resource)));
  } finally {
    underWay.delete(key);
  }
}

/** Kinds of resources for which a construct's own workload tells what arrives; what is beside them has what these bring. */
const CARRIERS = new Set(['AWS::Kinesis::Stream', 'AWS::SQS::Queue', 'AWS::Events::EventBus', 'AWS::StepFunctions::StateMachine']);

function sideFlowOf(model: UsageModel, resource: TopologyResource): Amount | undefined {
  const share = CARRIERS.has(resource.type) && !isDeadLetterQueue(model, resource) ? model.sideFlow(resource) : undefined;
  return share === undefined ? undefined : derived(model.rate * share, `its construct is made for ${share} events a payment`);
}

function flowOf(model: UsageModel, resource: TopologyResource): Amount {
  switch (resource.type) {
    case LOAD_BALANCER:
      return entryFlow(model, resource);
    case 'AWS::ApiGateway::RestApi':
    case 'AWS::ApiGatewayV2::Api':
      return entryFlow(model, resource);
    case TARGET_GROUP:
      return sum(balancersOf(model, resource).map((balancer) => shared(model, balancer)));
    case 'AWS::ECS::Service':
      return sum(model.references.from(resource).filter(({ to }) => to.type === TARGET_GROUP).map(({ to }) => trafficOf(model, to)));
    case 'AWS::ECS::TaskDefinition':
      return sum(sources(model, resource, 'AWS::ECS::Service'));
    case 'AWS::Lambda::Function':
      return sum(callersOf(model, resource).map((it) => trafficOf(model, it)));
    case MAPPING:
      return sourceFlow(model, resource);
    case 'AWS::KinesisAnalyticsV2::Application':
      return largest(model.references.from(resource).filter(({ to }) => to.type === 'AWS::Kinesis::Stream').map(({ to }) => trafficOf(model, to)));
    case 'AWS::SQS::Queue':
      return queueFlow(model, resource);
    case 'AWS::Events::Rule':
      return sum(model.references.from(resource, /^EventBusName/).map(({ to }) => trafficOf(model, to)));
    default:
      return written(model, resource);
  }
}

/** What comes in from outside: shared by the load balancers and APIs, those with a web ACL taking the public share. */
function entryFlow(model: UsageModel, resource: TopologyResource): Amount {
  if (!entriesOf(model).includes(resource)) {
    return NOTHING;
  }
  const { share, of } = entryShare(model, resource);
  return derived(model.rate * share, `${text(model.rate)} payments/s x ${text(share)}, one of ${of}`);
}

/** Where payments come in. */
export function entriesOf(model: UsageModel): readonly TopologyResource[] {
  return model.once('entries', () => model.topology.ofType(LOAD_BALANCER, ...API_TYPES).filter((it) => textOf(it, 'Scheme') !== 'internal'));
}

/** Whether a web ACL stands before a load balancer or an API. */
export function isPublic(model: UsageModel, resource: TopologyResource): boolean {
  return model.references.to(resource, 'AWS::WAFv2::WebACLAssociation').length > 0;
}

function entryShare(model: UsageModel, resource: TopologyResource): { readonly share: number; readonly of: string } {
  const entries = entriesOf(model);
  const people = entries.filter((it) => isPublic(model, it));
  const own = isPublic(model, resource) ? people.length : entries.length - people.length;
  const part = people.length === entries.length || people.length === 0 ? 1
    : isPublic(model, resource) ? model.workload.publicEdgeShare
    : 1 - model.workload.publicEdgeShare;
  return { share: part / own, of: `${own} ${people.length === 0 ? 'ways in' : isPublic(model, resource) ? 'public ways in' : 'ways in for partners'}` };
}

/** Load balancers whose listeners or rules forward to a target group. */
function balancersOf(model: UsageModel, group: TopologyResource): TopologyResource[] {
  const listeners = [
    ...model.references.to(group, LISTENER).map(({ from }) => from),
    ...model.references.to(group, 'AWS::ElasticLoadBalancingV2::ListenerRule')
      .flatMap(({ from }) => model.references.from(from).filter(({ to }) => to.type === LISTENER).map(({ to }) => to)),
  ];
  return unique(listeners.flatMap((it) => model.references.from(it).filter(({ to }) => to.type === LOAD_BALANCER).map(({ to }) => to)));
}

/** What one of the target groups of a load balancer gets. */
function shared(model: UsageModel, balancer: TopologyResource): Amount {
  const groups = model.topology.ofType(TARGET_GROUP).filter((group) => balancersOf(model, group).includes(balancer)).length;
  const flow = trafficOf(model, balancer);
  return { ...flow, value: flow.value / Math.max(1, groups) };
}

/** What calls a function: mappings, target groups, state machines, topics, APIs; schedules bring no payments. */
export function callersOf(model: UsageModel, resource: TopologyResource): TopologyResource[] {
  const names = [resource, ...FUNCTION_TYPES.flatMap((type) => model.references.to(resource, type).map(({ from }) => from))];
  const types = [MAPPING, TARGET_GROUP, 'AWS::StepFunctions::StateMachine', 'AWS::Events::Rule', 'AWS::Scheduler::Schedule', 'AWS::SNS::Subscription',
    'AWS::ApiGateway::Method', 'AWS::ApiGatewayV2::Integration'];
  return unique(names.flatMap((name) => model.references.to(name, ...types).map(({ from }) => apiOf(model, from))));
}

/** The API that a method or an integration belongs to; anything else is itself. */
function apiOf(model: UsageModel, resource: TopologyResource): TopologyResource {
  return /^AWS::ApiGateway/.test(resource.type)
    ? model.references.from(resource).find(({ to }) => API_TYPES.includes(to.type))?.to ?? resource
    : resource;
}

/** The stream, table or queue that a mapping reads. */
export function sourceOf(model: UsageModel, mapping: TopologyResource): TopologyResource | undefined {
  const [named] = model.references.from(mapping, /^EventSourceArn/);
  return named?.to.type === 'AWS::Kinesis::StreamConsumer' ? streamOf(model, named.to) : named?.to;
}

/** The stream that a consumer is registered with. */
export function streamOf(model: UsageModel, consumer: TopologyResource): TopologyResource | undefined {
  return model.references.from(consumer, /^StreamARN/)[0]?.to;
}

function sourceFlow(model: UsageModel, mapping: TopologyResource): Amount {
  const source = sourceOf(model, mapping);
  return source === undefined ? NOTHING : trafficOf(model, source);
}

/** What the writers of a resource bring: each passes on every payment, once to each variable that names it. */
function written(model: UsageModel, resource: TopologyResource): Amount {
  const writers = writersOf(model, resource);
  if (writers.length > 0) {
    return sum(writers.map(({ writer, share }) => {
      const flow = trafficOf(model, writer);
      return { ...flow, value: flow.value * share };
    }));
  }
  const isEntry = ['AWS::Kinesis::Stream', 'AWS::SQS::Queue'].includes(resource.type) && entriesOf(model).length === 0;
  if (!isEntry) {
    return NOTHING;
  }
  const alone = model.topology.ofType(resource.type).filter((it) => writersOf(model, it).length === 0 && !isDeadLetterQueue(model, it));
  return assumed(model.rate / alone.length, `nobody in the assembly writes to it: payments come in here, one of ${alone.length}`);
}

/** What names a resource in its environment, and which share of its writes goes there: names in one list share them. */
export function writersOf(model: UsageModel, resource: TopologyResource): { readonly writer: TopologyResource; readonly share: number }[] {
  const found = new Map<TopologyResource, number>();
  for (const { from, property } of model.references.to(resource, ...WRITER_TYPES)) {
    if (/Environment|PropertyMap/.test(property) && !readsFrom(model, from, resource)) {
      const together = model.references.from(from).filter((it) => it.property === property).length;
      found.set(from, Math.max(found.get(from) ?? 0, 1 / together));
    }
  }
  return [...found].map(([writer, share]) => ({ writer, share }));
}

/** Whether a function or application gets its own events from a resource. */
function readsFrom(model: UsageModel, writer: TopologyResource, resource: TopologyResource): boolean {
  if (writer.type === 'AWS::KinesisAnalyticsV2::Application') {
    // Of the streams of an application the first one it names is its source.
    return model.references.from(writer).find(({ to }) => to.type === 'AWS::Kinesis::Stream')?.to === resource;
  }
  return callersOf(model, writer).some((caller) => caller.type === MAPPING && sourceOf(model, caller) === resource);
}

/** Whether a queue takes only what failed elsewhere. */
export function isDeadLetterQueue(model: UsageModel, queue: TopologyResource): boolean {
  const properties = model.references.to(queue).map((it) => it.property);
  const names = properties.filter((it) => !/^(Queues|Dimensions|Metrics|MetricName)/.test(it) && !/PolicyDocument/.test(it));
  return names.length > 0 && names.every((it) => /[dD]eadLetter|RedrivePolicy|OnFailure/.test(it));
}

function queueFlow(model: UsageModel, queue: TopologyResource): Amount {
  if (isDeadLetterQueue(model, queue)) {
    return NOTHING;
  }
  if (model.decided(queue, 'delay') !== undefined) {
    const { refundShare } = model.workload;
    const attempts = queuedAttempts(model.workload, model.facts(queue));
    const rate = model.rate * model.cellShare(queue);
    return derived(rate * refundShare * attempts, `${text(rate)} payments/s x ${refundShare} refunds x ${text(attempts)} attempts from the queue`);
  }
  const notified = model.references.to(queue, 'AWS::S3::Bucket', 'AWS::Events::Rule', 'AWS::SNS::Subscription').map(({ from }) => trafficOf(model, from));
  return notified.length > 0 ? sum(notified) : written(model, queue);
}

function sources(model: UsageModel, resource: TopologyResource, ...types: readonly string[]): Amount[] {
  return unique(model.references.to(resource, ...types).map(({ from }) => from)).map((it) => trafficOf(model, it));
}

function sum(parts: readonly Amount[]): Amount {
  const flows = parts.filter(({ value }) => value > 0);
  return flows.length === 0 ? NOTHING : {
    value: flows.reduce((total, { value }) => total + value, 0),
    kind: weakest(...flows.map(({ kind }) => kind)),
    why: flows.length === 1 ? flows[0].why : `${flows.length} ways with ${text(flows.reduce((total, { value }) => total + value, 0))}/s together`,
  };
}

function largest(parts: readonly Amount[]): Amount {
  return parts.reduce((most, it) => (it.value > most.value ? it : most), NOTHING);
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

/** A number as it stands in a reason. */
export function text(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Property `Timeout`, `BatchSize` and the like as a number, else what AWS takes without it. */
export function numberOr(resource: TopologyResource, path: string, otherwise: number): number {
  return numberOf(resource, path) ?? otherwise;
}
