import { Size } from 'aws-cdk-lib';
import { refuse, requireKnown } from './validation';

/** Size of one payment as JSON, without HTTP headers. */
export interface PayloadSizeProps {
  /** Mean over all payments; greater than 0. */
  readonly mean: Size;
  /**
   * The size that 99 of 100 payments do not exceed; at least the mean.
   *
   * @default - twice the mean
   */
  readonly p99?: Size;
}

/**
 * Distribution of payload sizes: a lognormal one with the stated mean and 99th percentile. Sizes of messages are skewed to the right,
 * and billing units round each of them up, so that the mean alone would give too few units.
 */
export class PayloadSize {
  /** Mean in bytes. */
  readonly meanBytes: number;
  /** 99th percentile in bytes. */
  readonly p99Bytes: number;

  /** @throws Error for an empty mean or a 99th percentile below the mean */
  constructor(props: PayloadSizeProps) {
    requireKnown('payload.mean', props.mean);
    this.meanBytes = props.mean.toBytes();
    if (!(this.meanBytes >= 1)) {
      refuse('payload.mean', 'at least 1 byte', this.meanBytes);
    }
    if (props.p99 !== undefined) {
      requireKnown('payload.p99', props.p99);
    }
    this.p99Bytes = props.p99?.toBytes() ?? 2 * this.meanBytes;
    if (!(this.p99Bytes >= this.meanBytes)) {
      refuse('payload.p99', `at least \`payload.mean\` (${this.meanBytes} B)`, `${this.p99Bytes} B`);
    }
  }
}
