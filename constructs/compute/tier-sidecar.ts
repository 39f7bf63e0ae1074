import type { Size } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';

/** A container beside that of a tier, in each of its tasks: a collector of traces, for example. */
export interface TierSidecar {
  /** Name of the container: letters, digits, `-` and `_`; not `api`, which is the tier's own. */
  readonly name: string;

  /** Image of the container, for arm64. */
  readonly image: ecs.ContainerImage;

  /** Most memory that it may have, taken from that of the task. All sidecars together may have half of a task. */
  readonly memory: Size;

  /**
   * CPU units that are kept for it, of those of the task.
   *
   * @default - it takes what is free
   */
  readonly cpu?: number;

  /**
   * What it is started with.
   *
   * @default - that of the image
   */
  readonly command?: string[];

  /**
   * Environment variables.
   *
   * @default - none
   */
  readonly environment?: { readonly [name: string]: string };

  /**
   * User and group that it runs as, in numbers; not root.
   *
   * @default '1000:1000'
   */
  readonly user?: string;

  /**
   * Whether a task stops when it ends.
   *
   * @default false
   */
  readonly essential?: boolean;

  /**
   * CDK's own options of the container, laid over what this construct decides.
   *
   * @default - none
   */
  readonly containerOptions?: ecs.ContainerDefinitionOptions;
}
