import type { StreamState } from '../../dashboard';
import type { EngineFaults, KillMoment } from '../../faults';
import type { TopicPlan } from '../../plan/log-plan';
import type { ChildProcess } from '../../processes/child-process';
import type { LogHostConfiguration, LogHostReady, LogHostStatistics } from '../../processes/log-host';
import { addedLogStatistics, type LogStatistics, NO_LOG } from '../engine-statistics';
import type { ChildStarter } from './child-starter';

/** Keeps what the clusters draw apart from the load and the other engines. */
const SEED_OFFSET = 2_000;

/** A kill strikes inside the work or after its effects, by turns. */
const KILL_MOMENTS = 2;

/** Whom a kill is for: who writes to a topic, or who reads it. */
export type LogClient = 'produce' | 'consume';

/** The clusters of Kafka of a run. */
export class LogPart {
  /** @param kill ends the pod of a name, which holds a call of this part */
  static async start(topics: readonly TopicPlan[], seed: number, starter: ChildStarter, kill: (pod: string) => void): Promise<LogPart> {
    const clusters = new Map<string, TopicPlan[]>();
    topics.forEach((topic) => clusters.set(topic.clusterArn, [...(clusters.get(topic.clusterArn) ?? []), topic]));
    const hosts = await Promise.all([...clusters].map(async ([arn, own], index) => [arn, await starter.start<LogHostReady>('log-host', {
      topics: own.map(({ name, partitions }) => ({ name, partitions })),
      seed: seed + SEED_OFFSET + index,
    } satisfies LogHostConfiguration, (_, pod) => kill(String(pod)))] as const));
    return new LogPart(new Map(hosts));
  }

  private readonly hosts: readonly ChildProcess<LogHostReady>[];
  /** Kills that were armed so far. */
  private readonly armed: { [client in LogClient]: number } = { produce: 0, consume: 0 };
  private put = 0;

  /** @param byCluster hosts by the ARN of their cluster */
  private constructor(private readonly byCluster: ReadonlyMap<string, ChildProcess<LogHostReady>>) {
    this.hosts = [...byCluster.values()];
  }

  /** Name of what runs behind it; undefined without clusters. */
  get engine(): string | undefined {
    return this.hosts.at(0)?.ready.engine;
  }

  /** `host:port` of each cluster, by its ARN. */
  get brokers(): ReadonlyMap<string, string> {
    return new Map([...this.byCluster].map(([arn, { ready }]) => [arn, `127.0.0.1:${ready.port}`]));
  }

  async statistics(): Promise<LogStatistics> {
    const each = await Promise.all(this.hosts.map((host) => host.request<LogHostStatistics>('statistics')));
    return each.reduce(addedLogStatistics, NO_LOG);
  }

  /** Topics as the live page shows them. */
  async liveState(): Promise<StreamState[]> {
    return (await Promise.all(this.hosts.map((host) => host.request<StreamState[]>('liveState')))).flat();
  }

  async setFaults(faults: EngineFaults): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.request('setFaults', faults)));
  }

  /** Has the next call of a client held until that is gone. Clusters take turns, after both moments had theirs. */
  async armKill(client: LogClient, moment: KillMoment): Promise<void> {
    await this.next(Math.floor(this.armed[client]++ / KILL_MOMENTS)).request('armKill', { client, moment });
  }

  async disarmKills(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.request('disarmKills')));
  }

  /** Puts records of random bytes into a topic. @returns how many it took */
  async putUnreadable(topic: string, count: number): Promise<number> {
    return this.next(this.put++).request('putUnreadable', { topic, count });
  }

  private next(turn: number): ChildProcess<LogHostReady> {
    return this.hosts[turn % this.hosts.length];
  }
}
