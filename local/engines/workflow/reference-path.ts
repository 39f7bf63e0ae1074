import { isObject, type Json } from './json';
import { ERRORS, StateError } from './state-error';

/** One step of a path: a member or a place in a list. */
type Segment = string | number;

/**
 * A path of the States language: `$`, `$.steps.Hold`, `$.items[0]`, `$['a b']`, and with `$$` into the context object. Filters, slices, wildcards
 * and descents are not known.
 */
export class ReferencePath {
  /** @throws Error naming a path that is not known */
  static parse(text: string): ReferencePath {
    const match = /^(\$\$?)(.*)$/s.exec(text);
    if (match === null) {
      throw new Error(`the path ${text} does not begin with $`);
    }
    const segments: Segment[] = [];
    const pattern = /\.([\p{L}_][\p{L}\p{N}_-]*)|\[(\d+)\]|\['([^'\\]*)'\]/uy;
    while (pattern.lastIndex < match[2].length) {
      const segment = pattern.exec(match[2]);
      if (segment === null) {
        throw new Error(`the path ${text} has more than members and places in it`);
      }
      segments.push(segment[2] === undefined ? segment[1] ?? segment[3] : Number(segment[2]));
    }
    return new ReferencePath(text, match[1] === '$$', segments);
  }

  private constructor(
    readonly text: string,
    /** Whether it leads into the context object. */
    readonly isContext: boolean,
    private readonly segments: readonly Segment[],
  ) {}

  /** What it leads to; undefined where there is nothing. */
  find(data: Json): Json | undefined {
    let value: Json | undefined = data;
    for (const segment of this.segments) {
      if (typeof segment === 'number') {
        value = Array.isArray(value) ? value[segment] as Json | undefined : undefined;
      } else {
        value = isObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
      }
    }
    return value;
  }

  /** @throws StateError where there is nothing */
  read(data: Json): Json {
    const value = this.find(data);
    if (value === undefined) {
      throw new StateError(ERRORS.parameterPathFailure, `The JSONPath '${this.text}' could not be found in the input.`);
    }
    return value;
  }

  /** A copy of the data with a value in its place; members on the way are made where they are missing. @throws StateError where it cannot be put */
  write(data: Json, value: Json): Json {
    return this.put(data, value, 0);
  }

  private put(data: Json | undefined, value: Json, depth: number): Json {
    if (depth === this.segments.length) {
      return value;
    }
    const segment = this.segments[depth];
    if (typeof segment === 'number') {
      if (!Array.isArray(data) || segment >= data.length) {
        throw this.mismatch();
      }
      return data.map((item: Json, index) => (index === segment ? this.put(item, value, depth + 1) : item));
    }
    if (data !== undefined && !isObject(data)) {
      throw this.mismatch();
    }
    return { ...data, [segment]: this.put(data?.[segment], value, depth + 1) };
  }

  private mismatch(): StateError {
    return new StateError(ERRORS.resultPathMatchFailure, `Unable to apply the path '${this.text}' to the input.`);
  }
}
