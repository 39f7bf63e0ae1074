import { requirePattern } from '../validation';

/** A version of Flink that Managed Service for Apache Flink runs. */
export class FlinkRuntime {
  /** Flink 2.3, what the kit's own jobs are written for and tested with. */
  static readonly FLINK_2_3 = new FlinkRuntime('FLINK-2_3', 'numRestarts');

  /**
   * A version that this class does not name yet.
   *
   * @param name as the service writes it, for example `FLINK-2_4`.
   * @throws Error when the name has another form.
   */
  static of(name: string): FlinkRuntime {
    requirePattern('name', name, /^FLINK-\d+_\d+$/, 'of the form FLINK-2_3');
    // Until Flink 1.20 the service counted restarts under another name.
    return new FlinkRuntime(name, name.startsWith('FLINK-1_') ? 'fullRestarts' : 'numRestarts');
  }

  private constructor(
    /** As the service writes it. */
    readonly name: string,
    /** Name of the metric that counts restarts. */
    readonly restartsMetric: string,
  ) {}
}
