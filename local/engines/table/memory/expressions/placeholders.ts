import type { AttributeValue, Item } from '../../attribute-value';
import { EngineError } from '../engine-error';
import { type Json, optionalObject } from '../request';
import { checkedItem } from '../values/checked-value';

/** The names and values that the expressions of one request stand for. */
export class Placeholders {
  private readonly names: Readonly<Record<string, unknown>>;
  private readonly values: Item;
  private readonly used = new Set<string>();

  /** @throws EngineError when a value or a placeholder is not well formed */
  constructor(input: Json) {
    this.names = optionalObject(input, 'ExpressionAttributeNames') ?? {};
    this.values = checkedItem(optionalObject(input, 'ExpressionAttributeValues') ?? {});
    for (const name of Object.keys(this.names)) {
      if (!/^#\w+$/.test(name) || typeof this.names[name] !== 'string') {
        throw EngineError.validation(`ExpressionAttributeNames contains invalid key: Syntax error; key: "${name}"`);
      }
    }
    for (const name of Object.keys(this.values)) {
      if (!/^:\w+$/.test(name)) {
        throw EngineError.validation(`ExpressionAttributeValues contains invalid key: Syntax error; key: "${name}"`);
      }
    }
  }

  /** What a `#placeholder` stands for. */
  public name(placeholder: string): string | undefined {
    this.used.add(placeholder);
    return this.names[placeholder] as string | undefined;
  }

  /** What a `:placeholder` stands for. */
  public value(placeholder: string): AttributeValue | undefined {
    this.used.add(placeholder);
    return this.values[placeholder];
  }

  /** @throws EngineError when one was given that no expression uses */
  public refuseUnused(): void {
    for (const [member, given] of [['ExpressionAttributeNames', this.names], ['ExpressionAttributeValues', this.values]] as const) {
      const unused = Object.keys(given).filter((name) => !this.used.has(name));
      if (unused.length > 0) {
        throw EngineError.validation(`Value provided in ${member} unused in expressions: keys: {${unused.join(', ')}}`);
      }
    }
  }
}
