/** Something that serves a cache on a port of this machine, as a cluster of one node. */
export interface CacheEngine {
  /** Name and version, for people. */
  readonly title: string;

  /** Starts it, empty. Resolves when it serves. @throws Error when it does not start */
  start(port: number): Promise<void>;

  /** Ends it at once, with all that it holds. */
  kill(): Promise<void>;
}
