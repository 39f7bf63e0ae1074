import type { FaultInjector } from '../faults';
import type { Statement } from '../partiql/statement';
import type { StatementCache } from '../partiql/statement-cache';
import type { EngineAccess } from './engine-access';
import type { ItemKey, ServedTable } from './served-table';
import { ServiceError } from './service-error';
import type { PlannedWrite, StreamCutter, WrittenSizes } from './stream-cutter';

/** A JSON object of the protocol. */
export type Json = Record<string, unknown>;

/** A call as it arrived. */
export interface FrontCall {
  /** Operation without its prefix, such as `PutItem`. */
  readonly operation: string;
  /** The body's bytes, forwarded as they are where nothing has to be taken out. */
  readonly body: Buffer;
  /** The same, parsed. */
  readonly input: Json;
}

/** What the operations of the front share. */
export class FrontContext {
  constructor(
    private readonly tables: ReadonlyMap<string, ServedTable>,
    public readonly engine: EngineAccess,
    public readonly cutter: StreamCutter,
    public readonly statements: StatementCache<Statement>,
    private readonly faults: FaultInjector,
  ) {}

  /** The table of a name or ARN. @throws ServiceError when there is none. */
  public table(name: unknown): ServedTable {
    const table = typeof name === 'string' ? this.tables.get(name.slice(name.lastIndexOf('/') + 1)) : undefined;
    if (table === undefined) {
      throw ServiceError.notFound(`Requested resource not found: Table: ${String(name)} not found`);
    }
    return table;
  }

  /** Why a write cannot be stored; nothing when it can. */
  public refusalOf({ table, key, kind }: PlannedWrite): ServiceError | undefined {
    return kind !== 'delete' && this.faults.refusesKey(table.name, key.sortKey)
      ? ServiceError.validation(`One or more parameter values were invalid: the table does not store the sort key ${key.sortKey}`)
      : undefined;
  }

  /** Lets a write pass that can be stored. @throws ServiceError */
  public refuseUnstorable(write: PlannedWrite): void {
    const refusal = this.refusalOf(write);
    if (refusal !== undefined) {
      throw refusal;
    }
  }
}

/** Lets a write of one item through. @throws ServiceError when it is over a limit. */
export function admitWrite(table: ServedTable, key: ItemKey, units: number): void {
  const bound = table.writes.take(units, key.partitionKey);
  if (bound !== undefined) {
    throw table.throttled('Write', bound);
  }
  table.itemsWritten++;
}

/** Charges what a write cost beside the units that it was let through with: it is billed by the larger of both sizes. */
export function settleWrite(table: ServedTable, key: ItemKey, taken: number, sizes: WrittenSizes | undefined, factor = 1): void {
  if (sizes !== undefined) {
    table.writes.charge(table.writeUnits(Math.max(sizes.before, sizes.after)) * factor - taken, key.partitionKey);
  }
}

/** A member that has to be a JSON object. @throws ServiceError */
export function objectMember(input: Json, name: string): Json {
  const value = input[name];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw ServiceError.validation(`1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must be an object`);
  }
  return value as Json;
}

/** A member that has to be a JSON array of objects. @throws ServiceError */
export function arrayMember(input: Json, name: string): Json[] {
  const value = input[name];
  if (!Array.isArray(value) || value.length === 0 || value.some((member) => typeof member !== 'object' || member === null)) {
    throw ServiceError.validation(
      `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must be a list of objects with length greater than or equal to 1`,
    );
  }
  return value as Json[];
}
