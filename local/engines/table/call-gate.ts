import type { EngineAnswer, TableEngine } from './table-engine';

interface WaitingCall {
  readonly operation: string;
  readonly body: Buffer | string;
  readonly resolve: (answer: Promise<EngineAnswer>) => void;
}

/** Lets a few calls at a time through to an engine; the others wait in order of arrival. */
export class CallGate implements TableEngine {
  private readonly waitingCalls: WaitingCall[] = [];
  private running = 0;
  private started = 0;

  constructor(private readonly engine: TableEngine, private readonly callsInFlight: number) {}

  public get title(): string {
    return this.engine.title;
  }

  public get prefersLiterals(): boolean {
    return this.engine.prefersLiterals === true;
  }

  /** Calls that went through so far. */
  public get calls(): number {
    return this.started;
  }

  /** Calls that the engine works on now. */
  public get inFlight(): number {
    return this.running;
  }

  /** Calls that wait now. */
  public get waiting(): number {
    return this.waitingCalls.length;
  }

  public call(operation: string, body: Buffer | string): Promise<EngineAnswer> {
    if (this.running < this.callsInFlight) {
      return this.start(operation, body);
    }
    return new Promise((resolve) => this.waitingCalls.push({ operation, body, resolve }));
  }

  public close(): Promise<void> {
    return this.engine.close();
  }

  private async start(operation: string, body: Buffer | string): Promise<EngineAnswer> {
    this.running++;
    this.started++;
    try {
      return await this.engine.call(operation, body);
    } finally {
      this.running--;
      const next = this.waitingCalls.shift();
      next?.resolve(this.start(next.operation, next.body));
    }
  }
}
