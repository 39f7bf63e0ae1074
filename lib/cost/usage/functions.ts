import { meanCallMilliseconds } from '../../sizing/consumer-lane';
import { lambdaUsage } from '../../sizing/lambda-usage';
import { SECONDS_PER_MONTH } from '../../sizing/monthly-cost';
import type { TopologyResource } from '../../topology';
import { type Amount, derived, times, weakest } from '../amount';
import { UnpricedError } from '../unpriced-error';
import { scheduledCallsPerMonth } from './schedules';
import { numberOf, textOf } from './properties';
import { shardsForReaders, streamUsage } from './streams';
import { changesPerSecond, tableStreamShards } from './table-streams';
import { callersOf, MAPPING, numberOr, sourceOf, TARGET_GROUP, text, trafficOf } from './traffic';
import { balanceWrites } from './balances';
import { edgeUsage } from './edge';
import type { FunctionUsage, UsageModel } from './usage-model';

/** What AWS takes where a template states nothing. */
const MEMORY_UNSTATED = 'lambda/memory.unstatedMB';
const STREAM_BATCH = 'lambda-esm/stream.batchSize.default';
const QUEUE_BATCH = 'lambda-esm/sqs.batchSize.default';
/** The read of a chain's head, its move, and the two objects of a batch, one after the other. */
const ARCHIVE_CALLS = 4;

/** Memory of a function in MiB. */
export function memoryOf(model: UsageModel, resource: TopologyResource): number {
  return numberOr(resource, 'MemorySize', model.facts(resource).number(MEMORY_UNSTATED));
}

/**
 * Invocations of a function and the time they take, over all that calls it.
 *
 * @throws UnpricedError where nothing in the assembly calls it and nobody states how often it is called
 */
export function functionUsage(model: UsageModel, resource: TopologyResource): FunctionUsage {
  return model.once(`function ${resource.id}`, () => {
    const parts = partsOf(model, resource);
    const invocations = total(parts.map((it) => it.invocationsPerSecond));
    const busy = total(parts.map((it) => it.busySeconds));
    const invocationsPerSecond = model.use(resource, 'invocationsPerSecond', () => invocations ?? unknown(resource));
    const seconds = model.use(resource, 'secondsPerInvocation', () => derived(NaN, ''));
    return {
      invocationsPerSecond,
      busySeconds: seconds.kind === 'declared'
        ? { value: invocationsPerSecond.value * seconds.value, kind: invocationsPerSecond.kind, why: `${invocationsPerSecond.why}, ${seconds.value} s each` }
        : busy ?? assumedTime(model, invocationsPerSecond),
      emptyPerSecond: invocationsPerSecond.kind === 'declared' ? 0 : parts.reduce((sum, it) => sum + (it.emptyPerSecond ?? 0), 0),
    };
  });
}

function unknown(resource: TopologyResource): never {
  throw new UnpricedError(`nothing in the assembly calls the function ${resource.logicalId}: state \`invocationsPerSecond\` and \`secondsPerInvocation\` of it`);
}

function partsOf(model: UsageModel, resource: TopologyResource): FunctionUsage[] {
  if (servesDeployments(model, resource)) {
    const none = derived(0, 'it runs at deployments only');
    return [{ invocationsPerSecond: none, busySeconds: none }];
  }
  return callersOf(model, resource).flatMap((caller) => callsOf(model, resource, caller) ?? []);
}

/** Whether CloudFormation calls a function for custom resources, itself or by the provider framework of the CDK. */
function servesDeployments(model: UsageModel, resource: TopologyResource): boolean {
  return model.references.to(resource).some(({ from, property }) => (from.type.startsWith('Custom::') && property === 'ServiceToken')
    || (/\.USER_(ON_EVENT|IS_COMPLETE)_FUNCTION_ARN$/.test(property) && servesDeployments(model, from)));
}

function callsOf(model: UsageModel, resource: TopologyResource, caller: TopologyResource): FunctionUsage | undefined {
  switch (caller.type) {
    case MAPPING:
      return mappingCalls(model, resource, caller);
    case TARGET_GROUP:
      return onRequest(model, caller, trafficOf(model, caller), resource);
    case 'AWS::ApiGateway::RestApi':
    case 'AWS::ApiGatewayV2::Api':
      return guessed(model, edgeUsage(model, caller).requestsPerSecond);
    case 'AWS::StepFunctions::StateMachine': {
      const flow = trafficOf(model, caller);
      const steps = Math.max(1, (textOf(caller, 'DefinitionString') ?? '').split('lambda:invoke').length - 1);
      // Half of the steps of a saga undo what the others did; they run when something fails.
      const called = Math.max(1, Math.ceil(steps / 2));
      return guessed(model, { ...flow, value: flow.value * called, kind: weakest(flow.kind, 'assumed'), why: `${flow.why}; ${called} of ${steps} steps each time` });
    }
    case 'AWS::Events::Rule':
    case 'AWS::Scheduler::Schedule': {
      const calls = scheduledCallsPerMonth(caller);
      return calls === undefined ? guessed(model, trafficOf(model, caller)) : scheduled(model, derived(calls / SECONDS_PER_MONTH, `${text(calls)} calls a month by its schedule`));
    }
    default:
      return guessed(model, trafficOf(model, caller));
  }
}

function onRequest(model: UsageModel, group: TopologyResource, flow: Amount, resource: TopologyResource): FunctionUsage {
  const { paymentsPerRequest, readsPerPayment } = model.workload;
  return guessed(model, model.use(resource, 'requestsPerSecond', () => ({
    ...flow, value: flow.value * (1 / paymentsPerRequest + readsPerPayment), why: `a call for each request that ${group.logicalId} passes on`,
  })));
}

function mappingCalls(model: UsageModel, resource: TopologyResource, mapping: TopologyResource): FunctionUsage | undefined {
  const source = sourceOf(model, mapping);
  if (source === undefined) {
    return undefined;
  }
  switch (source.type) {
    case 'AWS::Kinesis::Stream': return streamCalls(model, resource, mapping, source);
    case 'AWS::DynamoDB::Table':
    case 'AWS::DynamoDB::GlobalTable': return tableStreamCalls(model, resource, mapping, source);
    case 'AWS::SQS::Queue': return queueCalls(model, mapping, source);
    default: return undefined;
  }
}

/** The lanes of a stream, with the measured cost of a payment in this kit's worker. */
function streamCalls(model: UsageModel, resource: TopologyResource, mapping: TopologyResource, stream: TopologyResource): FunctionUsage {
  const facts = model.facts(resource);
  const { recordsPerSecond, paymentsPerRecord } = streamUsage(model, stream);
  const lanes = shardsForReaders(model, stream).value * numberOr(mapping, 'ParallelizationFactor', 1);
  const rate = recordsPerSecond.value * paymentsPerRecord;
  const usage = lambdaUsage(facts, rate, {
    lanes, memoryMiB: memoryOf(model, resource), paymentsPerBatch: numberOr(mapping, 'BatchSize', facts.number(STREAM_BATCH)) * paymentsPerRecord, paymentsPerRecord,
  });
  const isOurs = model.decided(resource, 'reservedConcurrency') !== undefined;
  const kind = weakest(recordsPerSecond.kind, isOurs ? 'derived' : 'assumed');
  const why = `${text(rate)} payments/s in ${lanes} lanes${isOurs ? '' : ', at the cost of a payment in this kit\'s worker'}`;
  return {
    invocationsPerSecond: { value: usage.invocations, kind, why },
    busySeconds: { value: usage.gbSeconds * 1024 / memoryOf(model, resource), kind, why },
  };
}

/** The lanes of a table's stream: each is called once a window, or when a batch is full, and once more when a tumbling window ends. */
function tableStreamCalls(model: UsageModel, resource: TopologyResource, mapping: TopologyResource, table: TopologyResource): FunctionUsage {
  const facts = model.facts(resource);
  const changes = changesPerSecond(model, table);
  const shards = tableStreamShards(model, table, resource);
  const window = numberOf(mapping, 'MaximumBatchingWindowInSeconds') ?? 0;
  const tumbling = numberOf(mapping, 'TumblingWindowInSeconds') ?? 0;
  const perShard = changes.value / shards;
  // A free lane without a window is called for whatever is there, one invocation after the other.
  const most = 1 / Math.max(window, meanCallMilliseconds(facts) / 1000);
  const working = shards * Math.max(perShard / numberOr(mapping, 'BatchSize', facts.number(STREAM_BATCH)), Math.min(perShard, most));
  const ends = changes.value > 0 && tumbling > 0 ? shards / tumbling : 0;
  const vcpus = Math.min(1, memoryOf(model, resource) / facts.number('lambda/memory.mbPerVcpu'));
  const role = model.decided(resource, 'balanceWriteUnitsPerSecond') !== undefined ? 'balance-projector'
    : model.decided(resource, 'putsPerSecond') !== undefined ? 'audit-archiver' : undefined;
  const call = meanCallMilliseconds(facts) / 1000;
  const why = `${text(changes.value)} changes/s on ${text(shards)} shards, a batch every ${window} s`;
  const kind = weakest(changes.kind, role === undefined ? 'assumed' : 'derived');
  const cpu = facts.number(`${role ?? 'balance-projector'}/cpuPerRecord`) / 1e6 / vcpus;
  const calls = role === 'audit-archiver' ? ARCHIVE_CALLS * working : working + writeCalls(model, resource, mapping, working);
  return {
    invocationsPerSecond: { value: working + ends, kind, why: ends > 0 ? `${why}, and an empty one each ${tumbling} s` : why },
    busySeconds: { value: changes.value * cpu + calls * call + ends * call, kind, why: `${why}, ${text(1e6 * cpu)} µs a change and ${text(calls)} calls/s` },
    emptyPerSecond: ends,
  };
}

/** Bulk writes of a projector, for its part of the tables. */
function writeCalls(model: UsageModel, resource: TopologyResource, mapping: TopologyResource, invocations: number): number {
  const facts = model.facts(resource);
  const mappings = callersOf(model, resource).filter(({ type }) => type === MAPPING);
  const rows = balanceWrites(model, resource).value / Math.max(1, mappings.length);
  const inFlight = facts.number('dynamodb/batchStatement.maxStatements') * facts.number('target/projector.callsInFlight');
  return mappings.includes(mapping) ? Math.max(invocations, rows / inFlight) : invocations;
}

/** Messages of a queue: with a window they come together, without one each call brings what is there. */
function queueCalls(model: UsageModel, mapping: TopologyResource, queue: TopologyResource): FunctionUsage {
  const flow = trafficOf(model, queue);
  const window = numberOf(mapping, 'MaximumBatchingWindowInSeconds') ?? 0;
  const batch = Math.min(numberOr(mapping, 'BatchSize', model.facts(queue).number(QUEUE_BATCH)), Math.max(1, flow.value * window));
  const invocations = { ...flow, value: flow.value / batch, why: `${flow.why}; ${text(flow.value)} messages/s, ${text(batch)} a call` };
  const alone = assumedTime(model, invocations);
  const slowest = slowestOf(batch);
  return {
    invocationsPerSecond: invocations,
    busySeconds: slowest === 1 ? alone : times(alone, slowest, `${alone.why}, ${text(slowest)} times as long for the slowest of a batch`),
  };
}

/** How much longer the slowest of messages that are worked on together takes than one in the mean, where their times fall off exponentially. */
function slowestOf(messages: number): number {
  let sum = 0;
  for (let rank = 1; rank <= messages; rank++) {
    sum += 1 / rank;
  }
  return Math.max(1, sum);
}

function guessed(model: UsageModel, invocations: Amount): FunctionUsage {
  return { invocationsPerSecond: invocations, busySeconds: assumedTime(model, invocations) };
}

function assumedTime(model: UsageModel, invocations: Amount): Amount {
  const { value, why } = model.assume('invocationMilliseconds', 'time of an invocation of which nothing was measured');
  return { value: invocations.value * value / 1000, kind: 'assumed', why: `${text(invocations.value)}/s x ${value} ms: ${why}` };
}

function scheduled(model: UsageModel, invocations: Amount): FunctionUsage {
  const { value, why } = model.assume('scheduledSeconds', 'time of an invocation by a clock');
  return { invocationsPerSecond: invocations, busySeconds: { value: invocations.value * value, kind: 'assumed', why } };
}

function total(parts: readonly Amount[]): Amount | undefined {
  return parts.length === 0 ? undefined : {
    value: parts.reduce((sum, it) => sum + it.value, 0),
    kind: weakest(...parts.map(({ kind }) => kind)),
    why: parts.length === 1 ? parts[0].why : `${parts.length} sources; each: ${parts[0].why}`,
  };
}

