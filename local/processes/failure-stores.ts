import type { RandomSource } from '../../lib/event-source';
import type { LocalAwsClient } from '../aws/local-aws-client';
import { LocalObjectStore } from '../engines/object';
import { FailureDestination, type FailureStore, failureTargetOf, mappingUuid, WallClock } from '../event-sources';
import { failureDestinationArn } from '../plan/mapping-configuration';
import type { MappingPlan } from '../plan/run-plan';
import { RunError } from '../run/run-error';

/** What runs here that records can be stored in. */
export interface FailureStoresProps {
  readonly objectEndpoint: string;
  /** URL here of each queue, by ARN. */
  readonly queueUrls: { readonly [arn: string]: string };
  /** Physical names of the buckets that run here. */
  readonly buckets: readonly string[];
}

/** On-failure destinations of mappings, on the engines of the run. */
export class FailureStores {
  private readonly objects: LocalObjectStore;

  constructor(private readonly props: FailureStoresProps, private readonly queues: LocalAwsClient) {
    this.objects = new LocalObjectStore(props.objectEndpoint);
  }

  /**
   * The destination of a mapping; undefined where the template names none.
   *
   * @throws RunError for one that does not run here
   */
  destination(mapping: MappingPlan, random: RandomSource): FailureDestination | undefined {
    const arn = failureDestinationArn(mapping);
    return arn === undefined ? undefined : new FailureDestination({
      store: this.store(mapping, arn),
      mappingUuid: mappingUuid(mapping.id),
      functionArn: String(mapping.properties.FunctionName),
      source: mapping.source === 'kinesis' ? 'kinesis' : 'dynamodb',
      streamArn: mapping.sourceArn,
      clock: new WallClock(),
      random,
    });
  }

  close(): void {
    this.objects.close();
  }

  private store(mapping: MappingPlan, arn: string): FailureStore {
    const target = failureTargetOf(arn);
    if (target.kind === 'bucket') {
      if (!this.props.buckets.includes(target.bucketName)) {
        throw new RunError(`The on-failure destination of ${mapping.id}, ${arn}, is no bucket of this assembly.`);
      }
      return { ...target, putObject: (bucket, key, body) => this.objects.put(bucket, key, body) };
    }
    const queueUrl = this.props.queueUrls[target.queueArn];
    if (queueUrl === undefined) {
      throw new RunError(`The on-failure destination of ${mapping.id}, ${arn}, is no queue of this assembly.`);
    }
    return { kind: 'queue', queueUrl, sendMessage: async (url, body) => void (await this.queues.call('SendMessage', { QueueUrl: url, MessageBody: body })) };
  }
}
