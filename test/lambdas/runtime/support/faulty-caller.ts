import { AwsConnectionError, type AwsCaller } from '../../../../lambdas/runtime/aws/json-client';

/** What happens to one call. `lose`: it takes effect, its answer does not arrive. `run`: something else happens instead. */
export type Fault =
  | { readonly kind: 'pass' }
  | { readonly kind: 'lose' }
  | { readonly kind: 'fail'; readonly error: Error }
  | { readonly kind: 'run'; readonly run: (target: AwsCaller) => Promise<unknown> };

export const PASS: Fault = { kind: 'pass' };
export const LOSE: Fault = { kind: 'lose' };

/** Stands between a client and its service and spoils calls as a test wants it. */
export class FaultyCaller implements AwsCaller {
  public readonly calls: { readonly operation: string; readonly input: Record<string, unknown> }[] = [];

  public constructor(
    private readonly target: AwsCaller,
    public decide: (operation: string, input: Record<string, unknown>) => Fault = () => PASS,
  ) {}

  public async call<Output>(operation: string, input: object): Promise<Output> {
    this.calls.push({ operation, input: input as Record<string, unknown> });
    const fault = this.decide(operation, input as Record<string, unknown>);
    switch (fault.kind) {
      case 'fail':
        throw fault.error;
      case 'run':
        return await fault.run(this.target) as Output;
      case 'lose':
        await this.target.call(operation, input);
        throw new AwsConnectionError(`${operation}: answer lost`);
      default:
        return this.target.call<Output>(operation, input);
    }
  }

  public count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }
}
