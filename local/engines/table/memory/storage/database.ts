import { EngineError } from '../engine-error';
import type { MemoryTable } from './memory-table';

/** The tables by name. */
export class Database {
  private readonly byName = new Map<string, MemoryTable>();

  /** Names in alphabetical order. */
  public get names(): readonly string[] {
    return [...this.byName.keys()].sort();
  }

  /** A table by its name or ARN. @throws EngineError when there is none */
  public table(nameOrArn: string): MemoryTable {
    const table = this.byName.get(nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1));
    if (table === undefined) {
      throw EngineError.tableNotFound(nameOrArn);
    }
    return table;
  }

  /** @throws EngineError when there is one of that name */
  public add(table: MemoryTable): void {
    if (this.byName.has(table.name)) {
      throw EngineError.tableExists(table.name);
    }
    this.byName.set(table.name, table);
  }
}
