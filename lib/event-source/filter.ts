/** Whether a record's event passes. */
export type FilterPredicate = (event: unknown) => boolean;

/** Whether one leaf value of an event (undefined when absent) matches. */
type LeafMatcher = (value: unknown) => boolean;

/**
 * Compiles the filter patterns of a mapping; a record passes when one of them matches.
 *
 * Patterns are EventBridge patterns: every leaf is an array of accepted values or operators. Supported are exact strings,
 * numbers, booleans and null, `prefix`, `suffix`, `equals-ignore-case`, `anything-but` (values, `prefix`, `suffix`),
 * `numeric`, `exists` and `$or`.
 *
 * @param patterns JSON text or parsed objects
 * @returns undefined without patterns, so that callers can leave out the work
 * @throws Error naming the operator or the place in the pattern that is not understood
 */
export function compileFilters(patterns: readonly unknown[], maximum: number): FilterPredicate | undefined {
  if (patterns.length > maximum) {
    throw new Error(`\`filters\` must hold at most ${maximum} patterns, got: ${patterns.length}`);
  }
  const predicates = patterns.map((pattern, index) => compileObject(parsed(pattern, index), `filters[${index}]`));
  return predicates.length === 0 ? undefined : (event) => predicates.some((predicate) => predicate(event));
}

function parsed(pattern: unknown, index: number): unknown {
  if (typeof pattern !== 'string') {
    return pattern;
  }
  try {
    return JSON.parse(pattern);
  } catch {
    throw new Error(`\`filters[${index}]\` must be JSON, got: ${pattern}`);
  }
}

function compileObject(pattern: unknown, path: string): FilterPredicate {
  if (!isObject(pattern) || Object.keys(pattern).length === 0) {
    throw new Error(`\`${path}\` must be an object with at least one member, got: ${JSON.stringify(pattern)}`);
  }
  const members = Object.entries(pattern).map(([name, value]): FilterPredicate => {
    const memberPath = `${path}.${name}`;
    if (name === '$or') {
      return compileAlternatives(value, memberPath);
    }
    if (Array.isArray(value)) {
      const leaf = compileLeaf(value, memberPath);
      return (event) => leaf(isObject(event) ? event[name] : undefined);
    }
    const nested = compileObject(value, memberPath);
    return (event) => nested(isObject(event) ? event[name] : undefined);
  });
  // An array of objects matches when one of its elements does, as in EventBridge.
  return (event) => Array.isArray(event)
    ? event.some((element) => members.every((member) => member(element)))
    : members.every((member) => member(event));
}

function compileAlternatives(value: unknown, path: string): FilterPredicate {
  if (!Array.isArray(value) || value.length === 0) {
    throw new Error(`\`${path}\` must be an array of patterns, got: ${JSON.stringify(value)}`);
  }
  const alternatives = value.map((alternative, index) => compileObject(alternative, `${path}[${index}]`));
  return (event) => alternatives.some((alternative) => alternative(event));
}

function compileLeaf(accepted: readonly unknown[], path: string): LeafMatcher {
  if (accepted.length === 0) {
    throw new Error(`\`${path}\` must accept at least one value, got: []`);
  }
  const matchers = accepted.map((entry, index) => compileMatcher(entry, `${path}[${index}]`));
  return (value) => matchers.some((matcher) => matcher(value));
}

function compileMatcher(entry: unknown, path: string): LeafMatcher {
  if (entry === null || typeof entry === 'string' || typeof entry === 'number' || typeof entry === 'boolean') {
    return anyElement((value) => value === entry);
  }
  if (!isObject(entry) || Object.keys(entry).length !== 1) {
    throw new Error(`\`${path}\` must be a value or an object with one operator, got: ${JSON.stringify(entry)}`);
  }
  const [operator, operand] = Object.entries(entry)[0];
  switch (operator) {
    case 'prefix':
    case 'suffix':
    case 'equals-ignore-case':
      return anyElement(textMatcher(operator, operand, path));
    case 'anything-but':
      return anythingBut(operand, path);
    case 'numeric':
      return anyElement(numeric(operand, path));
    case 'exists':
      if (typeof operand !== 'boolean') {
        throw new Error(`\`${path}.exists\` must be true or false, got: ${JSON.stringify(operand)}`);
      }
      // Only leaves exist: the members of an object are asked for by name.
      return (value) => (value !== undefined && !isObject(value)) === operand;
    default:
      throw new Error(`\`${path}\` must use one of prefix, suffix, equals-ignore-case, anything-but, numeric, exists, got: ${operator}`);
  }
}

function textMatcher(operator: 'prefix' | 'suffix' | 'equals-ignore-case', operand: unknown, path: string): LeafMatcher {
  if (typeof operand !== 'string') {
    throw new Error(`\`${path}.${operator}\` must be a string, got: ${JSON.stringify(operand)}`);
  }
  switch (operator) {
    case 'prefix':
      return (value) => typeof value === 'string' && value.startsWith(operand);
    case 'suffix':
      return (value) => typeof value === 'string' && value.endsWith(operand);
    case 'equals-ignore-case': {
      const lower = operand.toLowerCase();
      return (value) => typeof value === 'string' && value.toLowerCase() === lower;
    }
  }
}

/** Matches a value that is there and is none of the operand's; an absent field does not match. */
function anythingBut(operand: unknown, path: string): LeafMatcher {
  const refused = (Array.isArray(operand) ? operand : [operand]).map((entry, index): LeafMatcher => {
    if (typeof entry === 'string' || typeof entry === 'number') {
      return (value) => value === entry;
    }
    const [operator, text] = isObject(entry) ? Object.entries(entry)[0] ?? [] : [];
    if (!Array.isArray(operand) && (operator === 'prefix' || operator === 'suffix')) {
      return textMatcher(operator, text, `${path}.anything-but`);
    }
    throw new Error(`\`${path}.anything-but[${index}]\` must be a string, a number, a prefix or a suffix, got: ${JSON.stringify(entry)}`);
  });
  return anyElement((value) => value !== undefined && !isObject(value) && !refused.some((matcher) => matcher(value)));
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

function numeric(operand: unknown, path: string): LeafMatcher {
  if (!Array.isArray(operand) || operand.length === 0 || operand.length % 2 !== 0) {
    throw new Error(`\`${path}.numeric\` must be pairs of comparison and number, got: ${JSON.stringify(operand)}`);
  }
  const conditions: ((value: number) => boolean)[] = [];
  for (let index = 0; index < operand.length; index += 2) {
    const compare = Object.hasOwn(COMPARISONS, operand[index]) ? COMPARISONS[operand[index]] : undefined;
    const bound: unknown = operand[index + 1];
    if (compare === undefined || typeof bound !== 'number') {
      throw new Error(`\`${path}.numeric\` must compare by =, <, <=, > or >= with a number, got: ${JSON.stringify(operand)}`);
    }
    conditions.push((value) => compare(value, bound));
  }
  return (value) => typeof value === 'number' && conditions.every((condition) => condition(value));
}

/** Applies a matcher to a leaf; an array matches when one of its elements does. */
function anyElement(matcher: LeafMatcher): LeafMatcher {
  return (value) => Array.isArray(value) ? value.some(matcher) : matcher(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
