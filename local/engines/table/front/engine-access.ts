import { Facts } from '../../../../lib/facts';
import type { Item } from '../attribute-value';
import type { Sleep } from '../clock';
import type { EngineAnswer, TableEngine } from '../table-engine';
import type { ItemKey, ServedTable } from './served-table';
import { ServiceError } from './service-error';

/** Keys that one BatchGetItem takes. */
const BATCH_GET_KEYS = Facts.DEFAULT.number('dynamodb/batchGet.maxItems');
/** Attempts of the front's own reads, and the pause before the second one in milliseconds; it doubles. */
const READ_ATTEMPTS = 6;
const READ_PAUSE_MILLISECONDS = 10;
const LONGEST_PAUSE_MILLISECONDS = 1_000;

/** No answer came, or one that says nothing about the effect. */
export class LostAnswerError extends Error {
  readonly name = 'LostAnswerError';
}

/** An item that is read, and the table that it lies in. */
export interface ItemReference {
  readonly table: ServedTable;
  readonly key: ItemKey;
}

/** Calls of the front to its engine. */
export class EngineAccess {
  private lost = 0;

  constructor(private readonly engine: TableEngine, private readonly sleep: Sleep) {}

  /** Whether inserts cost the engine less when their values stand in the statement. */
  public get prefersLiterals(): boolean {
    return this.engine.prefersLiterals === true;
  }

  /** Answers of the engine that were lost so far. */
  public get lostAnswers(): number {
    return this.lost;
  }

  /**
   * Calls the engine once.
   *
   * @throws LostAnswerError when the effect is unknown.
   */
  public async forward(operation: string, body: Buffer | string): Promise<EngineAnswer> {
    let answer: EngineAnswer;
    try {
      answer = await this.engine.call(operation, body);
    } catch (error) {
      this.lost++;
      throw new LostAnswerError(`The engine gave no answer to ${operation}`, { cause: error });
    }
    if (answer.status >= 500) {
      this.lost++;
      throw new LostAnswerError(`The engine answered ${operation} with status ${answer.status}`);
    }
    return answer;
  }

  /**
   * Reads items as they are now, repeatedly where an answer is lost.
   *
   * @param attempts before it gives up. What a write did has to be found out however long it takes: a row whose change never reaches
   *   the stream would stand in no balance.
   * @returns an item for each key id; an item that is not there is not in the map.
   * @throws ServiceError when the engine cannot be read.
   */
  public async readItems(references: readonly ItemReference[], attempts = READ_ATTEMPTS): Promise<Map<string, Item>> {
    const unique = [...new Map(references.map((reference) => [reference.key.id, reference])).values()];
    const items = new Map<string, Item>();
    for (let start = 0; start < unique.length; start += BATCH_GET_KEYS) {
      await this.readBatch(unique.slice(start, start + BATCH_GET_KEYS), items, attempts);
    }
    return items;
  }

  private async readBatch(references: readonly ItemReference[], items: Map<string, Item>, attempts: number): Promise<void> {
    let wanted: Record<string, { Keys: Item[]; ConsistentRead: true }> = {};
    const tables = new Map<string, ServedTable>();
    for (const { table, key } of references) {
      tables.set(table.name, table);
      (wanted[table.name] ??= { Keys: [], ConsistentRead: true }).Keys.push(key.attributes);
    }
    while (Object.keys(wanted).length > 0) {
      const output = await this.readOnce({ RequestItems: wanted }, attempts);
      for (const [name, found] of Object.entries(output.Responses)) {
        const table = tables.get(name) as ServedTable;
        for (const item of found) {
          items.set(table.key((attribute) => item[attribute]).id, item);
        }
      }
      wanted = output.UnprocessedKeys ?? {};
    }
  }

  private async readOnce(
    input: object, attempts: number,
  ): Promise<{ Responses: Record<string, Item[]>; UnprocessedKeys?: Record<string, never> }> {
    for (let attempt = 1, pause = READ_PAUSE_MILLISECONDS; ; attempt++, pause = Math.min(LONGEST_PAUSE_MILLISECONDS, 2 * pause)) {
      try {
        const answer = await this.forward('BatchGetItem', JSON.stringify(input));
        if (answer.status !== 200) {
          throw new Error(`The engine refused to read items: ${answer.body}`);
        }
        return JSON.parse(answer.body);
      } catch (error) {
        if (!(error instanceof LostAnswerError)) {
          throw error;
        }
        if (attempt >= attempts) {
          throw ServiceError.internal();
        }
        await this.sleep(pause);
      }
    }
  }
}
