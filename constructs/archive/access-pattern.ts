import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';

/** Ages at which objects move to a cheaper storage class; one that is left out is passed over. */
export interface StorageSteps {
  /**
   * To S3 Standard-IA: read at once, each read is billed by the gigabyte. At least 30 days, else S3 refuses it.
   *
   * @default - never
   */
  readonly infrequentAfter?: Duration;

  /**
   * To S3 Glacier Instant Retrieval: read at once, reads cost more. Billed for at least 90 days.
   *
   * @default - never
   */
  readonly instantRetrievalAfter?: Duration;

  /**
   * To S3 Glacier Deep Archive: read after a restoration, which takes up to half a day. Billed for at least 180 days.
   *
   * @default - never
   */
  readonly deepArchiveAfter?: Duration;
}

interface Step {
  readonly name: string;
  readonly storageClass: s3.StorageClass;
  /** Days for which S3 bills an object in the class, even one that leaves before. */
  readonly leastDays: number;
  readonly after?: Duration;
}

/** How often the objects of an archive are read, and so which storage classes they go through before they end. */
export class AccessPattern {
  /** Read every month, for reports and reconciliation: Standard-IA after 90 days, Glacier Instant Retrieval after a year. */
  static frequent(): AccessPattern {
    const { infrequent, instantRetrieval } = DEFAULTS.archive.frequent;
    return new AccessPattern('frequent', { infrequentAfter: infrequent, instantRetrievalAfter: instantRetrieval }, true);
  }

  /** Read once a quarter, for audits: Standard-IA after 30 days, Glacier Instant Retrieval after 90, Deep Archive after two years. */
  static occasional(): AccessPattern {
    const { infrequent, instantRetrieval, deepArchive } = DEFAULTS.archive.occasional;
    return new AccessPattern('occasional', { infrequentAfter: infrequent, instantRetrievalAfter: instantRetrieval, deepArchiveAfter: deepArchive }, true);
  }

  /** Kept because it must be: Glacier Instant Retrieval after 30 days, Deep Archive after 180. */
  static rare(): AccessPattern {
    const { instantRetrieval, deepArchive } = DEFAULTS.archive.rare;
    return new AccessPattern('rare', { instantRetrievalAfter: instantRetrieval, deepArchiveAfter: deepArchive }, true);
  }

  /**
   * Steps of your own.
   *
   * @throws Error (when used) for steps that are out of order, or leave a class before the time for which it is billed.
   */
  static of(steps: StorageSteps): AccessPattern {
    return new AccessPattern('of', steps, false);
  }

  private constructor(
    /** `frequent`, `occasional`, `rare` or `of`. */
    readonly name: string,
    private readonly steps: StorageSteps,
    /** Whether steps that would not pay within the life of an object are left out instead of refused. */
    private readonly shortened: boolean,
  ) {}

  /**
   * The transitions of objects that end at an age.
   *
   * @throws Error for steps that S3 refuses, that are out of order, or that leave a class before the time for which it is billed.
   */
  transitions(expiration: Duration): s3.Transition[] {
    const life = expiration.toDays();
    const steps = this.list().filter((step) => !this.shortened || step.after!.toDays() + step.leastDays <= life);
    steps.forEach((step, index) => this.check(step, steps[index + 1], life));
    return steps.map(({ storageClass, after }) => ({ storageClass, transitionAfter: after }));
  }

  private list(): Step[] {
    const { infrequentAfter, instantRetrievalAfter, deepArchiveAfter } = this.steps;
    const { leastInfrequentDays, leastInstantRetrievalDays, leastDeepArchiveDays } = LIMITS.archive;
    const { INFREQUENT_ACCESS, GLACIER_INSTANT_RETRIEVAL, DEEP_ARCHIVE } = s3.StorageClass;
    const all: Step[] = [
      { name: 'infrequentAfter', storageClass: INFREQUENT_ACCESS, leastDays: leastInfrequentDays, after: infrequentAfter },
      { name: 'instantRetrievalAfter', storageClass: GLACIER_INSTANT_RETRIEVAL, leastDays: leastInstantRetrievalDays, after: instantRetrievalAfter },
      { name: 'deepArchiveAfter', storageClass: DEEP_ARCHIVE, leastDays: leastDeepArchiveDays, after: deepArchiveAfter },
    ];
    return all.filter(({ after }) => after !== undefined);
  }

  private check({ name, storageClass, leastDays, after }: Step, next: Step | undefined, life: number): void {
    const days = after!.toDays();
    const least = storageClass === s3.StorageClass.INFREQUENT_ACCESS ? LIMITS.archive.leastInfrequentDays : 0;
    if (days < least) {
      throw new Error(`\`${name}\` must be at least ${least} days, got: ${days}`);
    }
    const [end, endName] = next === undefined ? [life, 'expiration'] : [next.after!.toDays(), next.name];
    if (end < days + leastDays) {
      throw new Error(`\`${endName}\` must be at least ${leastDays} days after \`${name}\`, for which S3 bills the class, got: ${end} days after ${days}`);
    }
  }
}
