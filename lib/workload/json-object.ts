import { Duration } from 'aws-cdk-lib';
import { refuse } from './validation';

/** An object of somebody's JSON, read key by key; what nobody asked for is refused in the end. */
export class JsonObject {
  /**
   * @param expected what the value must be, for the message
   * @throws Error unless the value is an object
   */
  static of(name: string, json: unknown, expected: string = 'an object'): JsonObject {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      refuse(name, expected, text(json));
    }
    return new JsonObject(name, json as { readonly [key: string]: unknown });
  }

  private readonly asked = new Set<string>();

  private constructor(private readonly name: string, private readonly values: { readonly [key: string]: unknown }) {}

  /** The value of a key, read by a function; nothing where the key is not there. */
  optional<T>(key: string, read: (name: string, json: unknown) => T): T | undefined {
    this.asked.add(key);
    const value = this.values[key];
    return value === undefined ? undefined : read(this.path(key), value);
  }

  /** @throws Error where the key is not there */
  required(key: string): unknown {
    return this.optional(key, (_, value) => value) ?? this.missing(key);
  }

  number(key: string): number | undefined {
    return this.optional(key, asNumber);
  }

  requiredNumber(key: string): number {
    return asNumber(this.path(key), this.required(key));
  }

  text(key: string): string | undefined {
    return this.optional(key, asText);
  }

  requiredText(key: string): string {
    return asText(this.path(key), this.required(key));
  }

  /** A number of 0 or more. */
  amount(key: string): number | undefined {
    const value = this.number(key);
    return value === undefined || (Number.isFinite(value) && value >= 0) ? value : refuse(this.path(key), '0 or more', value);
  }

  /** A time, stated in seconds and kept in whole milliseconds. */
  duration(key: string): Duration | undefined {
    const seconds = this.amount(key);
    return seconds === undefined ? undefined : Duration.millis(Math.round(1000 * seconds));
  }

  requiredDuration(key: string): Duration {
    return this.duration(key) ?? this.missing(key);
  }

  /** @throws Error, always: the key must be there */
  missing(key: string): never {
    refuse(this.path(key), 'stated', 'nothing');
  }

  /** @throws Error for a key that was not asked for */
  end(): void {
    const unknown = Object.keys(this.values).find((key) => !this.asked.has(key));
    if (unknown !== undefined) {
      refuse(this.path(unknown), `left out: there is no such key, only ${[...this.asked].join(', ')}`, text(this.values[unknown]));
    }
  }

  private path(key: string): string {
    return this.name === ROOT ? key : `${this.name}.${key}`;
  }
}

/** Name of the outermost object, which the paths of its keys leave out. */
const ROOT = 'workload';

/**
 * The value of a name.
 *
 * @throws Error unless the text is one of the names
 */
export function member<T extends { readonly name: string }>(property: string, json: unknown, values: readonly T[]): T {
  return values.find(({ name }) => name === json) ?? refuse(property, `one of ${values.map(({ name }) => name).join(', ')}`, text(json));
}

function asNumber(name: string, json: unknown): number {
  return typeof json === 'number' ? json : refuse(name, 'a number', text(json));
}

function asText(name: string, json: unknown): string {
  return typeof json === 'string' ? json : refuse(name, 'a text', text(json));
}

function text(json: unknown): string {
  return JSON.stringify(json);
}
