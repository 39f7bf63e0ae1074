import type { FunctionInvoker, InvocationResult } from '../../local/event-sources';
import type { SeededRandom } from '../../local/random/seeded-random';
import type { FunctionName, KillMoment } from './scenario';
import { type Latency, SimulatedProcess } from './simulated-process';
import type { Strike } from './strikes';
import type { Trace } from './trace';
import type { VirtualTime } from './virtual-time';

/** What a handler is told about its time. */
interface Context {
  getRemainingTimeInMillis(): number;
}

export type Handler = (event: never, context: Context) => Promise<unknown>;

/** Makes the handler of a new execution environment. */
export type HandlerFactory = (environment: SimulatedProcess) => Handler;

const TIMEOUT_MILLISECONDS = 30_000;
/** Execution environments of one function at most. */
const CONCURRENCY = 10;

/** A fault that waits for an invocation. */
type Ambush =
  | { readonly kind: 'kill'; readonly moment: KillMoment; readonly delay: number }
  | { readonly kind: 'freeze'; readonly delay: number; readonly frozen: number };

interface Environment {
  readonly process: SimulatedProcess;
  readonly handler: Handler;
}

export interface SimulatedFunctionProps {
  readonly name: FunctionName;
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly latency: Latency;
  readonly trace: Trace;
  readonly strike: Strike;
  readonly factory: HandlerFactory;
}

/** A Lambda function: environments that run one invocation at a time, and what can go wrong with them. */
export class SimulatedFunction {
  /** Delay of each invocation, in milliseconds. */
  slowness = 0;
  throttled = false;
  private readonly idle: Environment[] = [];
  private readonly ambushes: Ambush[] = [];
  private running = 0;
  private working = 0;
  private started = 0;

  constructor(private readonly props: SimulatedFunctionProps) {}

  /** Whether a handler is still at work, be it one that nobody waits for any more. */
  get isBusy(): boolean {
    return this.running > 0 || this.working > 0;
  }

  /** Forgets the faults that have not found an invocation. */
  disarm(): void {
    this.ambushes.length = 0;
  }

  /** The next invocation is killed. @param delay milliseconds from its start, for a kill inside it */
  armKill(moment: KillMoment, delay: number): void {
    this.ambushes.push({ kind: 'kill', moment, delay });
  }

  /** The next invocation freezes and goes on when nobody waits for it any more. */
  armFreeze(delay: number, frozen: number): void {
    this.ambushes.push({ kind: 'freeze', delay, frozen });
  }

  /** @param observe told of each event and of what became of it */
  invoker(observe: (event: unknown) => (result: InvocationResult) => void): FunctionInvoker {
    return {
      invoke: async (event) => {
        const answered = observe(event);
        const result = await this.invoke(event);
        answered(result);
        return result;
      },
    };
  }

  private async invoke(event: unknown): Promise<InvocationResult> {
    const { time, trace, name, strike } = this.props;
    if (this.throttled || this.running >= CONCURRENCY) {
      if (this.throttled) {
        strike('throttle-function');
      }
      trace.note('throttle', name);
      return { status: 'throttled' };
    }
    this.running += 1;
    this.started += 1;
    const number = this.started;
    trace.note('invoke', `${name} ${number} with ${(event as { Records: unknown[] }).Records.length} records`);
    const environment = this.idle.pop() ?? this.newEnvironment();
    const ambush = this.ambushes.shift();
    const result = await new Promise<InvocationResult>((resolve) => this.run(environment, event, ambush, resolve));
    this.running -= 1;
    trace.note('result', `${name} ${number} ${JSON.stringify(result)}`);
    if (result.status === 'success' && environment.process.alive) {
      this.idle.push(environment);
    }
    // The answer takes its time on the way back.
    await time.sleep(1);
    return result;
  }

  private run({ process, handler }: Environment, event: unknown, ambush: Ambush | undefined, resolve: (result: InvocationResult) => void): void {
    const { time, strike } = this.props;
    const end = time.now() + TIMEOUT_MILLISECONDS;
    let over = false;
    const finish = (result: InvocationResult): void => {
      if (!over) {
        over = true;
        cancelTimeout();
        resolve(result);
      }
    };
    const fail = (errorType: string): void => finish({ status: 'functionError', errorType, message: errorType });
    const cancelTimeout = time.setTimer(() => {
      if (ambush?.kind !== 'freeze') {
        process.kill();
      }
      fail('Sandbox.Timedout');
    }, TIMEOUT_MILLISECONDS);
    if (ambush?.kind === 'kill' && ambush.moment === 'inside') {
      process.after(ambush.delay, () => {
        if (!over) {
          strike('kill-worker');
          process.kill();
          fail('Runtime.ExitError');
        }
      });
    } else if (ambush?.kind === 'freeze') {
      process.after(ambush.delay, () => {
        if (!over) {
          strike('zombie-worker');
          process.freeze(ambush.frozen);
          // Lambda gives the invocation up; the environment knows nothing of it.
          time.setTimer(() => fail('Sandbox.Timedout'), Math.min(1_000, ambush.frozen / 2));
        }
      });
    }
    if (this.slowness > 0) {
      strike('slow-handler');
    }
    const rest = this.beginWork(process);
    process.after(this.slowness, () => {
      const context = { getRemainingTimeInMillis: () => Math.max(0, end - time.now()) };
      // Handlers get a copy of their own, as events are JSON on their way.
      handler(JSON.parse(JSON.stringify(event)) as never, context).then(
        (payload) => process.enter(() => {
          rest();
          if (ambush?.kind === 'kill') {
            strike('kill-worker');
            process.kill();
            fail('Runtime.ExitError');
          } else {
            finish({ status: 'success', payload });
          }
        }),
        (error: unknown) => process.enter(() => {
          rest();
          fail(`${(error as Error).name}: ${(error as Error).message}`);
        }),
      );
    });
  }

  /** Counts a handler that works until it is done or dead. @returns ends it */
  private beginWork(process: SimulatedProcess): () => void {
    this.working += 1;
    let ended = false;
    const rest = (): void => {
      this.working -= ended ? 0 : 1;
      ended = true;
    };
    process.onDeath(rest);
    return rest;
  }

  private newEnvironment(): Environment {
    const { time, random, latency, factory } = this.props;
    const process = new SimulatedProcess(time, random, latency);
    return { process, handler: factory(process) };
  }
}
