import type { Scope } from './intrinsics';
import { isObject, type Json, type JsonObject } from './json';
import { ReferencePath } from './reference-path';

/** Whether a rule of a Choice state holds. */
export type ChoicePredicate = (scope: Scope) => boolean;

type Comparison = (value: string | number, bound: string | number) => boolean;

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  Equals: (value, bound) => value === bound,
  LessThan: (value, bound) => value < bound,
  GreaterThan: (value, bound) => value > bound,
  LessThanEquals: (value, bound) => value <= bound,
  GreaterThanEquals: (value, bound) => value >= bound,
};

const TESTS: Readonly<Record<string, (value: Json | undefined) => boolean>> = {
  IsPresent: (value) => value !== undefined,
  IsNull: (value) => value === null,
  IsString: (value) => typeof value === 'string',
  IsNumeric: (value) => typeof value === 'number',
  IsBoolean: (value) => typeof value === 'boolean',
  IsTimestamp: (value) => typeof value === 'string' && isTimestamp(value),
};

/** @throws Error naming an operator that is not known */
export function compileChoiceRule(rule: Json): ChoicePredicate {
  if (!isObject(rule)) {
    throw new Error('a rule of a choice is no object');
  }
  const { Next: _next, Comment: _comment, Variable: variable, ...others } = rule;
  const [[operator, operand], ...more] = Object.entries(others);
  if (operator === undefined || more.length > 0) {
    throw new Error(`a rule of a choice has not one operator: ${Object.keys(others).join(', ')}`);
  }
  switch (operator) {
    case 'And':
    case 'Or': {
      const rules = (operand as Json[]).map(compileChoiceRule);
      return operator === 'And' ? (scope) => rules.every((it) => it(scope)) : (scope) => rules.some((it) => it(scope));
    }
    case 'Not': {
      const negated = compileChoiceRule(operand);
      return (scope) => !negated(scope);
    }
    default:
      return compileComparison(String(variable), operator, operand, rule);
  }
}

function compileComparison(variable: string, operator: string, operand: Json, rule: JsonObject): ChoicePredicate {
  const value = compilePath(variable);
  const test = Object.hasOwn(TESTS, operator) ? TESTS[operator] : undefined;
  if (test !== undefined) {
    return (scope) => test(value(scope)) === operand;
  }
  if (operator === 'StringMatches') {
    const pattern = new RegExp(`^${String(operand).split(/(?<!\\)\*/).map(literal).join('.*')}$`, 's');
    return (scope) => {
      const found = value(scope);
      return typeof found === 'string' && pattern.test(found);
    };
  }
  const match = /^(String|Numeric|Timestamp|Boolean)(Equals|LessThan|GreaterThan|LessThanEquals|GreaterThanEquals)(Path)?$/.exec(operator);
  if (match === null || (match[1] === 'Boolean' && match[2] !== 'Equals')) {
    throw new Error(`the operator ${operator} of a choice is not known: ${JSON.stringify(rule)}`);
  }
  const compare = COMPARISONS[match[2]];
  const bound = match[3] === undefined ? () => operand : compilePath(String(operand));
  const read = READERS[match[1]];
  return (scope) => {
    const [left, right] = [read(value(scope)), read(bound(scope))];
    return left !== undefined && right !== undefined && compare(left, right);
  };
}

/** Values as they are compared; undefined for one of another type, which matches nothing. */
const READERS: Readonly<Record<string, (value: Json | undefined) => string | number | undefined>> = {
  String: (value) => (typeof value === 'string' ? value : undefined),
  Numeric: (value) => (typeof value === 'number' ? value : undefined),
  Timestamp: (value) => (typeof value === 'string' && isTimestamp(value) ? Date.parse(value) : undefined),
  Boolean: (value) => (typeof value === 'boolean' ? String(value) : undefined),
};

function compilePath(text: string): (scope: Scope) => Json | undefined {
  const path = ReferencePath.parse(text);
  return ({ data, context }) => path.find(path.isContext ? context : data);
}

function isTimestamp(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value));
}

function literal(text: string): string {
  return text.replace(/\\([*\\])/g, '$1').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
