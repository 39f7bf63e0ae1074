import { authenticateNobody } from '../../lambdas/payment-api/authentication';
import { EventLog } from '../../lambdas/payment-api/event-log';
import type { Answer, Exchange, ExchangeHandler } from '../../lambdas/payment-api/exchange';
import { PaymentPoster } from '../../lambdas/payment-api/post-payments';
import type { AwsCaller } from '../../lambdas/runtime/aws/json-client';
import { HttpProblem } from '../../lambdas/runtime/http/problem';
import { encodePaymentRecord } from '../../lambdas/runtime/payment/payment-codec';
import { KinesisProducer } from '../../lambdas/runtime/producer/kinesis-producer';
import type { SeededRandom } from '../../local/random/seeded-random';
import type { PaymentStream } from '../../lambdas/runtime/producer/payment-stream';
import type { Defect } from '../verify-checker/planted/defect';
import { type ClientEntry, isClientMovement } from './client-entry';
import type { KillMoment } from './scenario';
import { type Latency, SimulatedProcess } from './simulated-process';
import { STREAM_NAME, type StreamService } from './stream-service';
import type { Strike } from './strikes';
import type { Trace } from './trace';
import type { VirtualTime } from './virtual-time';

/** How long a client waits for an answer, in milliseconds. */
const CLIENT_TIMEOUT_MILLISECONDS = 10_000;

export interface ApiTaskProps {
  readonly number: number;
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly latency: Latency;
  readonly trace: Trace;
  readonly strike: Strike;
  readonly stream: StreamService;
  readonly recordPayments: number;
  readonly defect: Defect | undefined;
}

/** A task of the payment API: its accepting part, with the real producer, in a process that can be killed and is started again. */
export class ApiTask {
  private process!: SimulatedProcess;
  private poster!: PaymentPoster;
  private producer!: PaymentStream;
  private ambush: { readonly moment: KillMoment; readonly downtime: number } | undefined;

  constructor(private readonly props: ApiTaskProps) {
    this.start();
  }

  /** The next call to the stream is the last thing that the process does, before or after the stream took the records. */
  armKill(moment: KillMoment, downtime: number): void {
    this.ambush = { moment, downtime };
  }

  /** Forgets a kill that has not found a call. */
  disarm(): void {
    this.ambush = undefined;
  }

  /** Posts payments or movements. @returns the status of each; undefined where no answer came */
  post(payments: readonly ClientEntry[]): Promise<(number | undefined)[]> {
    const { time, random, latency } = this.props;
    const { process } = this;
    const answer = isClientMovement(payments[0]) ? this.answerMovements(payments) : answerOf.bind(undefined, this.poster, payments);
    const unanswered = payments.map(() => undefined);
    if (!process.alive) {
      return time.sleep(latency.mean).then(() => unanswered);
    }
    return new Promise((resolve) => {
      const give = (statuses: (number | undefined)[]): void => {
        cancel();
        resolve(statuses);
      };
      const cancel = time.setTimer(() => give(unanswered), CLIENT_TIMEOUT_MILLISECONDS);
      process.onDeath(() => time.setTimer(() => give(unanswered), 1));
      process.after(random.exponential(latency.mean), () => {
        void answer().then((statuses) => process.after(random.exponential(latency.mean), () => give(statuses)));
      });
    });
  }

  /** What the routes of holds do: each goes into the stream, and is acknowledged once it is durable there. */
  private answerMovements(entries: readonly ClientEntry[]): () => Promise<number[]> {
    const { producer, props: { time } } = this;
    return () => Promise.all(entries.filter(isClientMovement).map((movement) => new Promise<number>((resolve) => {
      const taken = producer.offer(encodePaymentRecord({ ...movement, acceptedAt: time.now() }), ({ kind }) => resolve(kind === 'durable' ? 202 : 503));
      if (!taken) {
        resolve(503);
      }
    })));
  }

  private start(): void {
    const { time, random, latency, recordPayments, defect } = this.props;
    const process = new SimulatedProcess(time, random, latency);
    const log = new EventLog(() => undefined, () => time.now());
    const producer = new KinesisProducer({
      kinesis: this.kinesis(process),
      streamName: STREAM_NAME,
      maximumRecordPayments: recordPayments,
      clock: process.clock,
      random: () => random.next(),
      onError: log.error,
    });
    this.process = process;
    this.producer = defect?.paymentStream?.(producer) ?? producer;
    this.poster = new PaymentPoster({ stream: this.producer, now: () => time.now(), random: () => random.next() });
  }

  private kinesis(process: SimulatedProcess): AwsCaller {
    const { stream, trace, number } = this.props;
    return {
      call: <Output>(operation: string, input: object): Promise<Output> => {
        const { ambush } = this;
        this.ambush = undefined;
        if (ambush?.moment === 'inside') {
          this.kill(ambush.downtime);
        }
        return process.call(async () => {
          if (ambush?.moment === 'inside') {
            // The process was gone before the request left it.
            return new Promise<Output>(() => undefined);
          }
          try {
            const output = await stream.serve(operation, input);
            trace.note('stream', `task ${number} ${operation} ${(input as { Records: unknown[] }).Records.length} records taken`);
            return output as Output;
          } catch (error) {
            trace.note('stream', `task ${number} ${operation} ${(error as Error).name}`);
            throw error;
          } finally {
            if (ambush !== undefined) {
              this.kill(ambush.downtime);
            }
          }
        });
      },
    };
  }

  private kill(downtime: number): void {
    const { time, trace, number, strike } = this.props;
    strike('kill-api');
    trace.note('kill', `task ${number}`);
    this.process.kill();
    time.setTimer(() => this.start(), downtime);
  }
}

async function answerOf(poster: PaymentPoster, payments: readonly ClientEntry[]): Promise<(number | undefined)[]> {
  if (payments.length === 1) {
    const { status } = await answered(poster.postOne, payments[0]);
    return [status];
  }
  const { status, body } = await answered(poster.postBatch, { payments });
  return status === 200 ? (JSON.parse(body) as { items: { status: number }[] }).items.map((item) => item.status) : payments.map(() => status);
}

/** Hands a body to a route of the API, as its server does. */
export async function answered(handler: ExchangeHandler, body: object, parameters: Exchange['parameters'] = {}): Promise<Answer> {
  try {
    return await handler({
      principal: await authenticateNobody(undefined, 'client'),
      parameters,
      query: new URLSearchParams(),
      readBody: async () => Buffer.from(JSON.stringify(body)),
    });
  } catch (error) {
    return { status: error instanceof HttpProblem ? error.status : 500, body: String(error) };
  }
}
