import { BILLED_GB, SECONDS_PER_MONTH } from '../../sizing/monthly-cost';
import { type Amount, derived, times, weakest } from '../amount';
import { UnpricedError } from '../unpriced-error';
import { property, textOf } from '../usage/properties';
import { scheduledCallsPerMonth } from '../usage/schedules';
import { isDeadLetterQueue, MAPPING, numberOr, sourceOf, text, trafficOf } from '../usage/traffic';
import type { TopologyResource } from '../../topology';
import type { UsageModel } from '../usage/usage-model';
import { charge, flowing, type Pricer } from './pricer';

/** Requests that send a message, receive it and delete it. */
const REQUESTS_PER_MESSAGE = 3;
const MIB_PER_GIB = 1024;

/** Queues: requests that send, receive and delete messages, and those that find nothing. */
export const queuePricer: Pricer = {
  types: ['AWS::SQS::Queue'],
  price(resource, model) {
    const fifo = property(resource, 'FifoQueue') === true;
    return [flowing(resource, 'requests', fifo ? 'sqs.fifoRequests' : 'sqs.requests', model.use(resource, 'requestsPerSecond', () => requestsOf(resource, model)))];
  },
};

function requestsOf(resource: TopologyResource, model: UsageModel): Amount {
  if (isDeadLetterQueue(model, resource)) {
    return times(model.assume('rareCallsPerSecond', 'messages that failed'), REQUESTS_PER_MESSAGE);
  }
  const flow = trafficOf(model, resource);
  const [mapping] = model.topology.ofType(MAPPING).filter((it) => sourceOf(model, it) === resource);
  const window = mapping === undefined ? 0 : numberOr(mapping, 'MaximumBatchingWindowInSeconds', 0);
  const batch = mapping === undefined ? 1 : Math.min(numberOr(mapping, 'BatchSize', 10), 10, Math.max(1, flow.value * window));
  const idle = mapping === undefined ? 0 : model.assumption('mappingPollers') / model.assumption('longPollSeconds');
  const value = flow.value * (1 + (REQUESTS_PER_MESSAGE - 1) / batch) + idle;
  return { value, kind: weakest(flow.kind, 'derived'), why: `${text(flow.value)} messages/s sent one by one, received and deleted ${text(batch)} at a time; ${text(idle)} empty receives/s` };
}

/** Topics. */
export const topicPricer: Pricer = {
  types: ['AWS::SNS::Topic'],
  price: (resource, model) => [
    flowing(resource, 'messages', 'sns.requests', model.use(resource, 'messagesPerSecond', () => model.assume('rareCallsPerSecond', 'messages of alarms'))),
  ],
};

/** Event buses: events that are put on them. Rules cost nothing. */
export const busPricer: Pricer = {
  types: ['AWS::Events::EventBus'],
  price: (resource, model) => [flowing(resource, 'events', 'events.published', model.use(resource, 'eventsPerSecond', () => trafficOf(model, resource)))],
};

/** Archives of a bus: what they take in and keep. */
export const eventArchivePricer: Pricer = {
  types: ['AWS::Events::Archive'],
  price(resource, model) {
    const [source] = model.references.from(resource, /^SourceArn/);
    if (source === undefined) {
      throw new UnpricedError('the bus whose events it keeps is not in the assembly');
    }
    const bytes = times(trafficOf(model, source.to), model.workload.payloadSize.meanBytes);
    const days = numberOr(resource, 'RetentionDays', Infinity);
    const seconds = Math.min(days * 86_400, model.assumption('archiveMonths') * SECONDS_PER_MONTH);
    return [
      flowing(resource, 'events in', 'events.archived', times(bytes, 1 / BILLED_GB)),
      charge(resource, 'events kept', 'events.archiveKept', times(bytes, seconds / BILLED_GB)),
    ];
  },
};

/** Schedules: each call. */
export const schedulePricer: Pricer = {
  types: ['AWS::Scheduler::Schedule'],
  price(resource) {
    const calls = scheduledCallsPerMonth(resource);
    return calls === undefined ? [] : [charge(resource, 'calls', 'scheduler.calls', derived(calls, `${textOf(resource, 'ScheduleExpression')}`))];
  },
};

/** State machines: transitions of standard ones; calls and their time of express ones. */
export const stateMachinePricer: Pricer = {
  types: ['AWS::StepFunctions::StateMachine'],
  price(resource, model) {
    const executions = model.use(resource, 'executionsPerSecond', () => trafficOf(model, resource));
    const steps = stepsOnTheWay(textOf(resource, 'DefinitionString') ?? '');
    if (textOf(resource, 'StateMachineType') !== 'EXPRESS') {
      return [flowing(resource, 'transitions', 'steps.transitions', { ...executions, value: executions.value * (steps + 1), why: `${executions.why}; ${steps} steps when all goes well, and the start` })];
    }
    const hours = model.assumption('stepMilliseconds') / 3.6e6 * model.assumption('stepMiB') / MIB_PER_GIB;
    return [
      flowing(resource, 'executions', 'steps.requests', executions),
      flowing(resource, 'duration', 'steps.gigabyteHours', { ...executions, kind: 'assumed', value: executions.value * hours, why: `${executions.why}; ${model.assumption('stepMilliseconds')} ms with ${model.assumption('stepMiB')} MiB each` }),
      ...(property(resource, 'TracingConfiguration.Enabled') === true
        ? [flowing(resource, 'traces', 'xray.traces', { ...executions, kind: 'assumed', value: executions.value * model.assumption('tracedShare'), why: `${model.assumption('tracedShare')} of its executions` })] : []),
    ];
  },
};

/** States from the start to the end along `Next`; 1 for a definition that cannot be read. */
export function stepsOnTheWay(definition: string): number {
  let parsed: { StartAt?: string; States?: { [name: string]: { Next?: string; Default?: string } } };
  try {
    parsed = JSON.parse(definition) as typeof parsed;
  } catch {
    return 1;
  }
  const seen = new Set<string>();
  for (let state = parsed.StartAt; state !== undefined && !seen.has(state); state = parsed.States?.[state]?.Next ?? parsed.States?.[state]?.Default) {
    seen.add(state);
  }
  return Math.max(1, seen.size);
}
