import type { FunctionInvoker, InvocationResult } from '../../../local/event-sources';

interface StreamEvent {
  readonly Records: readonly Record<string, unknown>[];
}

/** A function that keeps its events and answers as told. */
export class FakeFunction implements FunctionInvoker {
  readonly events: StreamEvent[] = [];
  running = 0;
  mostRunning = 0;
  private held: (() => void)[] = [];
  /** While true, invocations wait for `release`. */
  hold = false;

  constructor(private readonly respond: (event: StreamEvent, number: number) => InvocationResult = () => ({ status: 'success', payload: null })) {}

  async invoke(event: unknown): Promise<InvocationResult> {
    const streamEvent = event as StreamEvent;
    this.events.push(streamEvent);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    const number = this.events.length;
    if (this.hold) {
      await new Promise<void>((resolve) => this.held.push(resolve));
    }
    this.running -= 1;
    return this.respond(streamEvent, number);
  }

  /** Ends the invocations that wait. */
  release(): void {
    this.hold = false;
    this.held.splice(0).forEach((resolve) => resolve());
  }
}
