import { createBuckets, prepareObjectRequests } from '../object';
import { callQueues } from './queue-client';
import { type EngineApplication, loadFauxqs } from './fauxqs';

/** The engine has one account, whatever the template's is. */
const ENGINE_ACCOUNT = '000000000000';

/** A queue to create. */
export interface QueueConfiguration {
  readonly name: string;
  /**
   * Attributes of SQS as texts, such as `VisibilityTimeout`, `DelaySeconds` and `RedrivePolicy`. The dead-letter queue of a redrive
   * policy has to be one of the queues here, in the region and account of the configuration.
   */
  readonly attributes: { readonly [name: string]: string };
}

export interface QueueHostConfiguration {
  readonly region: string;
  /** Account in the queues' ARNs. */
  readonly account: string;
  readonly queues: readonly QueueConfiguration[];
  /** Physical names of the buckets to create. @default - none */
  readonly buckets?: readonly string[];
}

/**
 * Serves queues on a loopback port in SQS's AWS JSON protocol, and buckets on the same port in the protocol of S3, with the bucket in the
 * path. Of buckets there are objects, listings and conditional creation: versions, Object Lock, encryption, policies and lifecycle
 * rules have no effect.
 */
export class QueueHost {
  /**
   * Starts the engine and creates the buckets and the queues, dead-letter queues first.
   *
   * @throws MissingEngineError when the engine is not installed; Error when a queue or bucket cannot be created.
   */
  public static async start(configuration: QueueHostConfiguration): Promise<QueueHost> {
    const { application, title } = await loadFauxqs(configuration.region);
    // The engine knows its queues by URLs of a host name that not every machine resolves; clients get the address instead.
    const engineUrls = new Map<string, string>();
    application.addHook('preHandler', (request, _reply, done) => {
      const body = request.body as { QueueUrl?: string } | null | undefined;
      const engineUrl = engineUrls.get(body?.QueueUrl ?? '');
      if (body && engineUrl !== undefined) {
        body.QueueUrl = engineUrl;
      }
      done();
    });
    prepareObjectRequests(application);
    const endpoint = await application.listen({ host: '127.0.0.1', port: 0 });
    const urls: Record<string, string> = {};
    try {
      await createBuckets(application, configuration.buckets ?? []);
      for (const queue of deadLetterQueuesFirst(configuration.queues)) {
        const created = await callQueues<{ QueueUrl: string }>(endpoint, configuration.region, 'CreateQueue', {
          QueueName: queue.name,
          Attributes: localAttributes(queue, configuration),
        });
        urls[queue.name] = endpoint + new URL(created.QueueUrl).pathname;
        engineUrls.set(urls[queue.name], created.QueueUrl);
      }
    } catch (error) {
      await application.close();
      throw error;
    }
    return new QueueHost(application, endpoint, urls, title);
  }

  private constructor(
    private readonly application: EngineApplication,
    /** What clients of queues and of objects take as their endpoint. */
    public readonly endpoint: string,
    /** URL of each queue, by its name; host and port are those of the endpoint. */
    public readonly urls: { readonly [name: string]: string },
    /** Name and version of the engine. */
    public readonly engine: string,
  ) {}

  /** Stops serving. Messages and objects are gone with it. */
  public async close(): Promise<void> {
    await this.application.close();
  }
}

function deadLetterQueuesFirst(queues: readonly QueueConfiguration[]): QueueConfiguration[] {
  return [...queues].sort((left, right) => Number('RedrivePolicy' in left.attributes) - Number('RedrivePolicy' in right.attributes));
}

/** The attributes with the dead-letter queue's ARN in the engine's own account. */
function localAttributes(queue: QueueConfiguration, configuration: QueueHostConfiguration): { readonly [name: string]: string } {
  const { RedrivePolicy } = queue.attributes;
  if (RedrivePolicy === undefined) {
    return queue.attributes;
  }
  const policy = JSON.parse(RedrivePolicy) as { deadLetterTargetArn: string; maxReceiveCount: number | string };
  const { account, queues, region } = configuration;
  const target = queues.find((candidate) => policy.deadLetterTargetArn.endsWith(`:sqs:${region}:${account}:${candidate.name}`));
  if (target === undefined) {
    throw new Error(`The dead-letter queue of ${queue.name}, ${policy.deadLetterTargetArn}, is none of the queues that run here`);
  }
  return {
    ...queue.attributes,
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: `arn:aws:sqs:${region}:${ENGINE_ACCOUNT}:${target.name}`,
      maxReceiveCount: Number(policy.maxReceiveCount),
    }),
  };
}
