import { randomUUID } from 'node:crypto';
import { compileFilters, type FilterPredicate } from '../../../lib/event-source';
import { type Clock, WallClock } from '../../event-sources/clock';
import type { Json } from '../workflow';
import { compileTargetInput, type InputMaker, type TargetInput } from './input-transformer';

/** A queue that a rule sends events to. */
export interface TargetConfiguration extends TargetInput {
  readonly id: string;
  readonly queueArn: string;
}

/** A rule of a bus. */
export interface RuleConfiguration {
  readonly name: string;
  readonly busName: string;
  /** An event pattern. */
  readonly pattern: Json;
  readonly targets: readonly TargetConfiguration[];
}

export interface EventBusConfiguration {
  readonly region: string;
  readonly account: string;
  readonly busNames: readonly string[];
  readonly rules: readonly RuleConfiguration[];
}

/** Puts a message into a queue. */
export interface QueueSender {
  /** @throws Error when the queue does not take it */
  send(queueArn: string, body: string): Promise<void>;
}

/** An entry of PutEvents. */
export interface EventEntry {
  readonly source?: string;
  readonly detailType?: string;
  readonly detail?: string;
  readonly resources?: readonly string[];
  /** Name or ARN. @default 'default' */
  readonly eventBusName?: string;
  /** In milliseconds since 1970. @default - now */
  readonly time?: number;
}

/** What became of an entry. */
export type EntryResult = { readonly eventId: string } | { readonly errorCode: string; readonly errorMessage: string };

export interface EventBusStatistics {
  /** Deliveries that have not been taken yet. */
  readonly pending: number;
  readonly events: number;
  readonly delivered: number;
}

interface Rule {
  readonly busName: string;
  readonly matches: FilterPredicate;
  readonly targets: readonly { readonly queueArn: string; readonly makeInput: InputMaker }[];
}

/** How long a delivery that failed waits for the next attempt. */
const RETRY_MILLISECONDS = 200;

/** Buses of EventBridge: events that match the pattern of a rule go to its queues, in the memory of this process until a queue took them. */
export class EventBusEngine {
  private readonly clock: Clock;
  private readonly buses: ReadonlySet<string>;
  private readonly rules: readonly Rule[];
  private readonly counts = { events: 0, delivered: 0 };
  private pending = 0;
  private isStopped = false;

  /** @throws Error naming the rule, and what of it does not run here */
  constructor(
    private readonly configuration: EventBusConfiguration,
    private readonly queues: QueueSender,
    clock?: Clock,
  ) {
    this.clock = clock ?? new WallClock();
    this.buses = new Set(['default', ...configuration.busNames]);
    this.rules = configuration.rules.map(compileRule);
  }

  /** Takes events. One that is taken is delivered, at least once, to every target of every rule that it matches. */
  put(entries: readonly EventEntry[]): EntryResult[] {
    return entries.map((entry) => this.putOne(entry));
  }

  statistics(): EventBusStatistics {
    return { pending: this.pending, ...this.counts };
  }

  /** Gives up what is not delivered. */
  stop(): void {
    this.isStopped = true;
  }

  private putOne(entry: EventEntry): EntryResult {
    const busName = (entry.eventBusName ?? 'default').replace(/^arn:.*:event-bus\//, '');
    if (!this.buses.has(busName)) {
      return { errorCode: 'ResourceNotFoundException', errorMessage: `Event bus ${busName} does not exist.` };
    }
    const { source, detailType } = entry;
    if (!source || !detailType || source.startsWith('aws.')) {
      return { errorCode: 'InvalidArgument', errorMessage: 'Source and DetailType must be there, and Source must not begin with aws.' };
    }
    let detail: Json;
    try {
      detail = JSON.parse(entry.detail ?? '') as Json;
    } catch {
      return { errorCode: 'MalformedDetail', errorMessage: 'Detail is malformed.' };
    }
    const eventId = randomUUID();
    const { account, region } = this.configuration;
    const event = {
      'version': '0', 'id': eventId, 'detail-type': detailType, source, account, region, 'resources': [...entry.resources ?? []], detail,
      'time': new Date(entry.time ?? this.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
    };
    this.counts.events++;
    for (const rule of this.rules) {
      if (rule.busName === busName && rule.matches(event)) {
        rule.targets.forEach(({ makeInput, queueArn }) => this.deliver(queueArn, makeInput(event)));
      }
    }
    return { eventId };
  }

  private deliver(queueArn: string, body: string): void {
    this.pending++;
    const attempt = (): void => {
      this.queues.send(queueArn, body).then(() => {
        this.pending--;
        this.counts.delivered++;
      }, () => {
        if (!this.isStopped) {
          this.clock.setTimer(attempt, RETRY_MILLISECONDS);
        }
      });
    };
    attempt();
  }
}

function compileRule({ busName, name, pattern, targets }: RuleConfiguration): Rule {
  try {
    return {
      busName,
      matches: compileFilters([pattern], 1)!,
      targets: targets.map((target) => ({ queueArn: target.queueArn, makeInput: compileTargetInput(target) })),
    };
  } catch (error) {
    throw new Error(`the rule ${name}: ${(error as Error).message}`, { cause: error });
  }
}
