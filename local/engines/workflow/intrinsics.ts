import { createHash, randomUUID } from 'node:crypto';
import { isObject, type Json } from './json';
import { ReferencePath } from './reference-path';
import { ERRORS, StateError } from './state-error';

/** What an expression is evaluated against. */
export interface Scope {
  /** The state's data, `$`. */
  readonly data: Json;
  /** The context object, `$$`. */
  readonly context: Json;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** A path or an intrinsic function, ready to be evaluated. */
export type Expression = (scope: Scope) => Json;

type Intrinsic = (values: readonly Json[], scope: Scope) => Json;

const FUNCTIONS: Readonly<Record<string, Intrinsic>> = {
  'States.Format': ([template, ...values]) => {
    const parts = text(template).split(/(?<!\\)\{\}/).map((part) => part.replace(/\\([{}'\\])/g, '$1'));
    requireThat(parts.length === values.length + 1, 'States.Format has as many values as places');
    return parts.reduce((whole, part, index) => whole + asText(values[index - 1]) + part);
  },
  'States.StringToJson': ([value]) => parsed(text(value)),
  'States.JsonToString': ([value]) => JSON.stringify(value),
  'States.Array': (values) => [...values],
  'States.ArrayPartition': ([items, size]) => {
    const list = array(items);
    return Array.from({ length: Math.ceil(list.length / number(size)) }, (_, index) => list.slice(index * number(size), (index + 1) * number(size)));
  },
  'States.ArrayContains': ([items, value]) => array(items).some((item) => JSON.stringify(item) === JSON.stringify(value)),
  'States.ArrayRange': ([first, last, step]) => {
    const result: number[] = [];
    for (let value = number(first); number(step) > 0 ? value <= number(last) : value >= number(last); value += number(step)) {
      requireThat(number(step) !== 0 && result.length < 1_000, 'States.ArrayRange makes at most 1000 items');
      result.push(value);
    }
    return result;
  },
  'States.ArrayGetItem': ([items, index]) => {
    const item = array(items)[number(index)];
    requireThat(item !== undefined, 'States.ArrayGetItem finds its item');
    return item;
  },
  'States.ArrayLength': ([items]) => array(items).length,
  'States.ArrayUnique': ([items]) => [...new Map(array(items).map((item) => [JSON.stringify(item), item])).values()],
  'States.Base64Encode': ([value]) => Buffer.from(text(value)).toString('base64'),
  'States.Base64Decode': ([value]) => Buffer.from(text(value), 'base64').toString('utf8'),
  'States.Hash': ([value, algorithm]) => createHash(text(algorithm).toLowerCase().replace('-', '')).update(asText(value)).digest('hex'),
  'States.JsonMerge': ([first, second, deep]) => {
    requireThat(deep === false && isObject(first) && isObject(second), 'States.JsonMerge merges two objects, not deeply');
    return { ...first as object, ...second as object };
  },
  'States.MathRandom': ([first, last], { random }) => Math.floor(number(first) + random() * (number(last) - number(first))),
  'States.MathAdd': ([first, second]) => number(first) + number(second),
  'States.StringSplit': ([value, delimiter]) => text(value).split(new RegExp(`[${text(delimiter).replace(/[\]\\^-]/g, '\\$&')}]`)).filter((part) => part !== ''),
  'States.UUID': () => randomUUID(),
};

/**
 * Reads a path (`$.a`, `$$.Execution.Name`) or a call of an intrinsic function (`States.Format('{}', $.a)`), whose arguments are paths, calls,
 * texts in single quotes, numbers, true, false and null.
 *
 * @throws Error naming what is not known
 */
export function compileExpression(source: string): Expression {
  const reader = new ExpressionReader(source);
  const expression = reader.expression();
  reader.expectEnd();
  return expression;
}

class ExpressionReader {
  private at = 0;

  constructor(private readonly source: string) {}

  expression(): Expression {
    this.skipSpace();
    if (this.source[this.at] === '$') {
      return this.path();
    }
    const name = this.match(/States\.[A-Za-z0-9]+/y);
    if (name === undefined) {
      return this.literal();
    }
    const call = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (call === undefined) {
      throw new Error(`the intrinsic function ${name} is not known`);
    }
    const values = this.values();
    return (scope) => call(values.map((value) => value(scope)), scope);
  }

  expectEnd(): void {
    this.skipSpace();
    if (this.at < this.source.length) {
      throw new Error(`the expression ${this.source} goes on behind its end`);
    }
  }

  private values(): Expression[] {
    const values: Expression[] = [];
    this.expect('(');
    while (!this.takes(')')) {
      if (values.length > 0) {
        this.expect(',');
      }
      values.push(this.expression());
    }
    return values;
  }

  private path(): Expression {
    const path = ReferencePath.parse(this.match(/\$\$?(?:\.[\p{L}_][\p{L}\p{N}_-]*|\[\d+\]|\['[^'\\]*'\])*/uy)!);
    return ({ data, context }) => path.read(path.isContext ? context : data);
  }

  private literal(): Expression {
    const quoted = this.match(/'(?:[^'\\]|\\.)*'/y);
    if (quoted !== undefined) {
      const inner = quoted.slice(1, -1);
      // States.Format reads its own escapes.
      return () => inner.replace(/\\'/g, '\'');
    }
    const plain = this.match(/-?\d+(?:\.\d+)?|true|false|null/y);
    if (plain === undefined) {
      throw new Error(`the expression ${this.source} is not known`);
    }
    const value = JSON.parse(plain) as Json;
    return () => value;
  }

  private match(pattern: RegExp): string | undefined {
    this.skipSpace();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private expect(character: string): void {
    if (!this.takes(character)) {
      throw new Error(`the expression ${this.source} lacks a ${character}`);
    }
  }

  private takes(character: string): boolean {
    this.skipSpace();
    const found = this.source[this.at] === character;
    this.at += found ? 1 : 0;
    return found;
  }

  private skipSpace(): void {
    while (this.source[this.at] === ' ') {
      this.at++;
    }
  }
}

function requireThat(holds: boolean, what: string): void {
  if (!holds) {
    throw new StateError(ERRORS.intrinsicFailure, `It does not hold that ${what}.`);
  }
}

function text(value: Json | undefined): string {
  requireThat(typeof value === 'string', 'the value is a text');
  return value as string;
}

function number(value: Json | undefined): number {
  requireThat(typeof value === 'number', 'the value is a number');
  return value as number;
}

function array(value: Json | undefined): readonly Json[] {
  requireThat(Array.isArray(value), 'the value is a list');
  return value as readonly Json[];
}

function parsed(value: string): Json {
  try {
    return JSON.parse(value) as Json;
  } catch {
    throw new StateError(ERRORS.intrinsicFailure, 'The text is not JSON.');
  }
}

function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
