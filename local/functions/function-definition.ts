/** A Lambda function as the template describes it, ready to run here. */
export interface FunctionDefinition {
  /** Physical name. */
  readonly name: string;
  readonly arn: string;
  /** Folder with the bundled code. */
  readonly codeFolder: string;
  /** `file.export`, as in the template. */
  readonly handler: string;
  readonly timeoutMilliseconds: number;
  readonly memoryMegabytes: number;
  readonly environment: { readonly [name: string]: string };
  /** Invocations over this are throttled, as on AWS. Undefined where the template reserves none. */
  readonly reservedConcurrency?: number;
}
