/** Bounds of a whole number in a variable. */
export interface IntegerRange {
  /** Lowest value allowed. @default 0 */
  readonly minimum?: number;
  /** Highest value allowed. @default Number.MAX_SAFE_INTEGER */
  readonly maximum?: number;
  /** Value when the variable is not set. @default - the variable is required */
  readonly default?: number;
}

/**
 * Reads configuration from environment variables and fails early, with the name of the variable, when one is
 * missing or malformed. An empty variable counts as not set.
 */
export class Environment {
  public constructor(private readonly variables: Readonly<Record<string, string | undefined>> = process.env) {}

  /** @throws Error when the variable is not set */
  public text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) {
      throw new Error(`${name} must be set`);
    }
    return value;
  }

  public optionalText(name: string): string | undefined {
    return this.variables[name] || undefined;
  }

  /** @throws Error when the variable is not a whole number in the range, or is not set and has no default */
  public integer(name: string, range: IntegerRange = {}): number {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = range;
    if (range.default !== undefined && this.optionalText(name) === undefined) {
      return range.default;
    }
    const text = this.text(name);
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < minimum || value > maximum) {
      throw new Error(`${name} must be a whole number between ${minimum} and ${maximum}, got: ${text}`);
    }
    return value;
  }

  /** Comma-separated names, trimmed, in order. @throws Error when there is none, or an empty or repeated one */
  public list(name: string): string[] {
    const items = this.text(name).split(',').map((item) => item.trim());
    if (items.includes('') || new Set(items).size !== items.length) {
      throw new Error(`${name} must be a comma-separated list of different names, got: ${this.text(name)}`);
    }
    return items;
  }

  /** @throws Error when the variable is none of the values, or is not set and there is no default */
  public oneOf<Value extends string>(name: string, values: readonly Value[], defaultValue?: Value): Value {
    const text = this.optionalText(name) ?? defaultValue ?? this.text(name);
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) {
      throw new Error(`${name} must be one of ${values.join(', ')}, got: ${text}`);
    }
    return value;
  }
}
