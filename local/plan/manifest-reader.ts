import { RunError } from '../run/run-error';

const UNIT_MILLISECONDS: { readonly [unit: string]: number } = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Reads fields of a manifest, and knows afterwards which ones nobody has asked for: what is not carried out can be told, and not forgotten. */
export class ManifestReader {
  private readonly read = new Set<string>();

  /**
   * @param spec undefined reads as an empty one
   * @param known fields that are no matter of who reads
   */
  constructor(private readonly spec: unknown, known: readonly string[] = []) {
    known.forEach((field) => this.read.add(field));
  }

  /** Whether there is a field, which is not read by that. */
  has(path: string): boolean {
    return this.at(path) !== undefined;
  }

  /** @returns undefined where there is none, and where it is no number, which counts as not read */
  number(path: string): number | undefined {
    const value = this.at(path);
    return typeof value === 'number' ? this.reading(path, value) : undefined;
  }

  /** Whether the field says this; anything else counts as not read. */
  isText(path: string, text: string): boolean {
    return this.at(path) === text && this.reading(path, true);
  }

  /** The texts of a list that are among the known ones; the field counts as read where all of them are. */
  texts(path: string, known: readonly string[]): string[] {
    return this.list<string>(path, (text) => known.includes(text));
  }

  /** The members of a list that fit; the field counts as read where all of them do. */
  list<Member>(path: string, fits: (member: Member) => boolean): Member[] {
    const members = (this.at(path) ?? []) as readonly Member[];
    const fitting = members.filter(fits);
    return fitting.length === members.length ? this.reading(path, fitting) : fitting;
  }

  /**
   * A time of the Gateway API, such as `1m30s` or `500ms`.
   *
   * @see https://gateway-api.sigs.k8s.io/geps/gep-2257/
   * @throws RunError for another one
   */
  milliseconds(path: string): number | undefined {
    const value = this.at(path);
    if (value === undefined) {
      return undefined;
    }
    const text = String(value);
    if (!/^(\d+(h|ms|m|s))+$/.test(text)) {
      throw new RunError(`\`${path}\` must be a time such as 500ms, 10s or 1m30s, got: ${text}`);
    }
    const parts = [...text.matchAll(/(\d+)(h|ms|m|s)/g)];
    return this.reading(path, parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MILLISECONDS[unit], 0));
  }

  /** Fields that nobody has read, the outermost ones of which no part was: `circuitBreaker.retryBudget`. */
  left(): string[] {
    return this.leftOf(this.spec, '');
  }

  private leftOf(value: unknown, path: string): string[] {
    if (this.read.has(path) || value === undefined) {
      return [];
    }
    const isPartlyRead = [...this.read].some((it) => path === '' || it.startsWith(`${path}.`));
    if (path !== '' && (!isPartlyRead || typeof value !== 'object' || value === null)) {
      return [path];
    }
    return Object.entries(value ?? {}).flatMap(([name, part]) => this.leftOf(part, path === '' ? name : `${path}.${name}`));
  }

  private at(path: string): unknown {
    return path.split('.').reduce<unknown>((value, name) => (value as { readonly [name: string]: unknown } | undefined)?.[name], this.spec);
  }

  private reading<Value>(path: string, value: Value): Value {
    this.read.add(path);
    return value;
  }
}
