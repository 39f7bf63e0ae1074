import { AwsServiceError } from '../../lambdas/runtime/aws/errors';
import type { AwsCaller } from '../../lambdas/runtime/aws/json-client';
import { MemoryTableEngine } from '../../local/engines/table/memory/memory-table-engine';
import { createTextKeyTables } from './text-key-tables';

/** The kit's table engine in memory, behind the port that handlers call. */
export class MemoryTables {
  private readonly engine = new MemoryTableEngine();

  public readonly client: AwsCaller = {
    call: async <Output>(operation: string, input: object): Promise<Output> => {
      const { status, body } = await this.engine.call(operation, JSON.stringify(input));
      const answer = JSON.parse(body.toString()) as Record<string, unknown>;
      if (status !== 200) {
        const { __type: type = '', message = '' } = answer as { __type?: string; message?: string };
        throw new AwsServiceError(type.slice(type.lastIndexOf('#') + 1), status, message, answer);
      }
      return answer as Output;
    },
  };

  /** Creates tables with the text keys `pk` and `sk`. */
  public createTables(...names: string[]): Promise<void> {
    return createTextKeyTables(this.client, names);
  }
}
