import * as fs from 'node:fs';
import type { ApiClient } from './api-client';
import { type InputLine, readInputLines } from './input-line';
import { InputOrder } from './input-order';
import type { OutcomeSender } from './outcome-channel';

/** Most requests without an answer at a time. */
const CONCURRENT_REQUESTS = 64;
/** Wait before a request that was answered 429 or 503 is repeated, where the answer names none. */
const REPEAT_MILLISECONDS = 200;
const LONGEST_REPEAT_MILLISECONDS = 5_000;
/** Times that a request without any answer is repeated before its line counts as unanswered. */
const MOST_UNANSWERED = 20;

/** The last answer to a line. */
export interface LineAnswer {
  readonly line: number;
  readonly status: number;
  /** The problem document, or empty. */
  readonly problem: string;
}

/** How far a replay is. */
export interface ReplayProgress {
  readonly lines: number;
  readonly answered: number;
  /** Everything that is left waits for refunds whose payment will not come. */
  readonly stuck: boolean;
}

/** Posts the lines of a file, byte for byte, each to `POST /payments`. */
export class InputReplay {
  private readonly lines: readonly InputLine[];
  private readonly order: InputOrder;
  private readonly answers: LineAnswer[] = [];
  private inFlight = 0;
  private stuck = false;
  private stopped = false;
  private finish: () => void = () => undefined;

  constructor(
    file: string,
    private readonly clients: readonly ApiClient[],
    private readonly outcomes: OutcomeSender,
  ) {
    this.lines = readInputLines(fs.readFileSync(file));
    this.order = new InputOrder(this.lines);
  }

  /** Runs until every line has its answer and every acknowledged one has settled, or the replay is stopped. */
  run(): Promise<void> {
    return new Promise((resolve) => {
      this.finish = resolve;
      this.advance();
    });
  }

  settled(identities: readonly string[]): void {
    identities.forEach((identity) => this.order.settled(identity));
    this.advance();
  }

  /** No further line is posted; those on their way are still answered. */
  stop(): void {
    this.stopped = true;
    this.advance();
  }

  progress(): ReplayProgress {
    return { lines: this.lines.length, answered: this.answers.length, stuck: this.stuck };
  }

  /** One answer a line, in the order of the file. */
  allAnswers(): LineAnswer[] {
    return [...this.answers].sort((left, right) => left.line - right.line);
  }

  private advance(): void {
    this.stuck = false;
    while (this.inFlight < CONCURRENT_REQUESTS && !this.stopped) {
      const step = this.order.step();
      if (step.kind !== 'post') {
        this.stuck = step.kind === 'stuck' && this.inFlight === 0;
        if (step.kind === 'done' && this.inFlight === 0) {
          this.finish();
        }
        return;
      }
      this.inFlight++;
      void this.post(step.line);
    }
    if (this.stopped && this.inFlight === 0) {
      this.finish();
    }
  }

  private async post(line: InputLine): Promise<void> {
    const scheduledAt = Date.now();
    const client = this.clients[line.number % this.clients.length];
    let answer = await client.post('/payments', line.body);
    let unanswered = 0;
    while ((answer.status === 429 || answer.status === 503 || answer.status === 0) && !this.stopped) {
      if (answer.status === 0 && ++unanswered > MOST_UNANSWERED) {
        break;
      }
      const wait = Math.min((answer.retryAfterSeconds ?? 0) * 1000 || REPEAT_MILLISECONDS, LONGEST_REPEAT_MILLISECONDS);
      await new Promise((resolve) => setTimeout(resolve, wait));
      answer = await client.post('/payments', line.body);
    }
    this.inFlight--;
    this.outcomes.send({ payment: line.payment, status: answer.status, scheduledAt, answeredAt: Date.now(), late: false });
    // Other lines may be held until the checker has seen this one settle.
    this.outcomes.flush();
    this.answers.push({ line: line.number, status: answer.status, problem: answer.status === 202 ? '' : answer.body });
    this.order.answered(line, answer.status === 202);
    this.advance();
  }
}
