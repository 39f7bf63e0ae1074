import { forEachConcurrently } from '../aws/concurrency';
import { drawnKey, type StreamRecord } from '../payment/movement';
import type { RejectionReason } from '../payment/payment';
import type { RetryPolicy } from '../retry/retry';
import { type ApplyRefundOptions, isOwnWrite, isSameContent, type LedgerEntry, type Outcome } from './ledger';
import { APPLIED, CONFLICT, DUPLICATE, WAITING } from './outcomes';
import { binaryArray, nameArray } from './postgresql-arrays';
import { settleInBulk } from './postgresql-bulk';
import type { PostgresqlCaller } from './postgresql-connections';
import { entryKey, optionalColumns, postgresqlEntry } from './postgresql-row';
import { findStatement } from './postgresql-statements';

/** How draws are stored in the rows of one schema. */
export interface DrawOptions {
  /** As `quotedSchema` writes it. */
  readonly schema: string;
  /** Most records of a call. */
  readonly batchSize: number;
  /** Reads of stored entries under way at once. */
  readonly concurrency: number;
  readonly balanceSlots: number;
  /** How long after a payment was accepted a refund of it may be accepted, in milliseconds. */
  readonly refundWindowMilliseconds: number;
}

/** A record with the keys of its entry and of the one that it draws on. */
interface Draw {
  readonly record: StreamRecord;
  readonly index: number;
  readonly key: string;
  readonly drawsOn: string;
  readonly drawnKey: string;
}

/** Stores refunds and the ends of holds, each with the lowering of what is left of what it draws on, both or neither; several in a call. */
export class PostgresqlDraws {
  private readonly text: string;
  private readonly name: string;

  public constructor(private readonly database: PostgresqlCaller, private readonly retry: RetryPolicy, private readonly options: DrawOptions) {
    const places = Array.from({ length: 18 }, (_, index) => `$${index + 1}`).join(', ');
    this.text = `SELECT ${options.schema}.draw_entries(${places}) AS answers`;
    this.name = `draw_entries ${options.schema}`;
  }

  /**
   * @param records those of the same rows take effect one after the other, in their order. One without the key of what it draws on is impossible
   */
  public async apply(records: readonly StreamRecord[], { deadline, waitIsOver = false }: ApplyRefundOptions): Promise<Outcome[]> {
    const outcomes = new Array<Outcome>(records.length);
    let left: Draw[] = [];
    records.forEach((record, index) => {
      const drawsOn = drawnKey(record);
      const type = drawnType(record);
      if (type === undefined || drawsOn === undefined) {
        outcomes[index] = { kind: 'impossible', reason: type === undefined ? `a ${record.type} draws on nothing` : `it names no ${type}` };
      } else {
        const { idempotencyKey, merchantId } = record;
        left.push({ record, index, key: entryKey(merchantId, idempotencyKey), drawsOn, drawnKey: entryKey(merchantId, drawsOn) });
      }
    });
    while (left.length > 0) {
      const { apart, others } = withoutCommonKeys(left, this.options.batchSize);
      await settleInBulk(apart, this.retry.begin(deadline), this.retry.clock, {
        write: (draws, now, lostSince) => this.draw(draws, waitIsOver, now, lostSince, outcomes),
        conclude: ({ index }, outcome) => { outcomes[index] = outcome; },
      });
      left = others;
    }
    return outcomes;
  }

  /** One call. @returns those whose key was taken by an entry that has just been removed */
  private async draw(
    draws: readonly Draw[], waitIsOver: boolean, now: number, lostSince: number | undefined, outcomes: Outcome[],
  ): Promise<readonly Draw[]> {
    const { balanceSlots, concurrency, refundWindowMilliseconds } = this.options;
    const records = draws.map(({ record }) => record);
    const optional = records.map(optionalColumns);
    const drawnTypes = records.map(drawnType);
    const [{ answers }] = await this.database.query({
      name: this.name,
      text: this.text,
      values: [
        now, balanceSlots, waitIsOver, nameArray(records.map(({ type }) => type)), binaryArray('uuid', draws.map(({ key }) => key)),
        binaryArray('text', records.map(({ merchantId }) => merchantId)), binaryArray('text', records.map(({ idempotencyKey }) => idempotencyKey)),
        binaryArray('int8', records.map(({ amount }) => amount)), binaryArray('text', records.map(({ currency }) => currency)),
        binaryArray('int8', records.map(({ acceptedAt }) => acceptedAt)), binaryArray('text', optional.map(({ payerId }) => payerId)),
        binaryArray('text', optional.map(({ cardToken }) => cardToken)), binaryArray('text', optional.map(({ movementReason }) => movementReason)),
        binaryArray('text', optional.map(({ traceParent }) => traceParent)), binaryArray('uuid', draws.map(({ drawnKey }) => drawnKey)),
        binaryArray('text', draws.map(({ drawsOn }) => drawsOn)), nameArray(drawnTypes.map((type) => type ?? null)),
        binaryArray('int8', drawnTypes.map((type) => (type === 'payment' ? refundWindowMilliseconds : null))),
      ],
    });
    const vanished: Draw[] = [];
    const answered = draws.map((draw, place) => [draw, String((answers as unknown[])[place])] as const);
    await forEachConcurrently(answered, concurrency, async ([draw, answer]) => {
      const stored = answer === 'stored' ? await this.find(draw) : undefined;
      if (answer === 'stored' && stored === undefined) {
        vanished.push(draw);
      } else {
        outcomes[draw.index] = outcomeOf(draw.record, answer, stored, lostSince);
      }
    });
    return inOrderOfKeys(vanished);
  }

  private async find({ key, record }: Draw): Promise<LedgerEntry | undefined> {
    const [row] = await this.database.query(findStatement(this.options.schema, key, record.merchantId));
    return row === undefined ? undefined : postgresqlEntry(row);
  }
}

/** Type of the rows that a record draws on; undefined when it draws on none. */
function drawnType({ type }: StreamRecord): 'payment' | 'hold' | undefined {
  switch (type) {
    case 'refund': return 'payment';
    case 'release': case 'settle': return 'hold';
    default: return undefined;
  }
}

/**
 * The draws that can be written in one call: those that have no key in common with an earlier one. What has goes later, and what has one in common
 * with that, goes later still.
 */
function withoutCommonKeys(draws: readonly Draw[], most: number): { readonly apart: readonly Draw[]; readonly others: Draw[] } {
  const keys = new Set<string>();
  const apart: Draw[] = [];
  const others: Draw[] = [];
  for (const draw of draws) {
    (apart.length === most || keys.has(draw.key) || keys.has(draw.drawnKey) ? others : apart).push(draw);
    keys.add(draw.key).add(draw.drawnKey);
  }
  return { apart: inOrderOfKeys(apart), others };
}

/** All calls lock keys in the same order, so that no two wait for each other. */
function inOrderOfKeys(draws: readonly Draw[]): readonly Draw[] {
  return [...draws].sort((one, other) => (one.key < other.key ? -1 : 1));
}

function outcomeOf(record: StreamRecord, answer: string, stored: LedgerEntry | undefined, lostSince: number | undefined): Outcome {
  if (stored !== undefined) {
    if (!isSameContent(stored, record)) {
      return CONFLICT;
    }
    if (stored.status === 'rejected') {
      return { kind: 'rejected', reason: stored.reason as RejectionReason };
    }
    return isOwnWrite(stored, record, lostSince) ? APPLIED : DUPLICATE;
  }
  switch (answer) {
    case 'applied': return APPLIED;
    case 'waiting': return WAITING;
    default: return { kind: 'rejected', reason: answer as RejectionReason };
  }
}
