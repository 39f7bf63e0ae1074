import { maskCardNumbers } from './card-number-mask';

/** How deep objects are looked into. */
const MOST_LEVELS = 10;
/** Members of one object or list that are shown. */
const MOST_MEMBERS = 200;
/** Members of all objects and lists of a line that are shown. */
const MOST_IN_ALL = 2_000;
/** Characters of one text that are shown. */
const MOST_CHARACTERS = 16_384;

/**
 * A copy of a value that can be written as JSON and holds nothing that looks like a card number, whatever field, name, number or error text it stood
 * in. Never throws: what cannot be read says so.
 */
export function printable(value: unknown): unknown {
  return readable(value, [], { left: MOST_IN_ALL });
}

/** How many members may still be shown. */
interface Room {
  left: number;
}

/** @param within the objects that the value stands in, from the outermost on */
function readable(value: unknown, within: readonly object[], room: Room): unknown {
  if (--room.left < 0) {
    return '[left out]';
  }
  try {
    return copyOf(value, within, room);
  } catch {
    return '[unreadable]';
  }
}

function copyOf(value: unknown, within: readonly object[], room: Room): unknown {
  switch (typeof value) {
    case 'string':
      return textOf(value);
    case 'number':
      return maskedNumber(value);
    case 'bigint':
      return maskCardNumbers(String(value));
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null ? null : copyOfObject(value, within, room);
    default:
      return textOf(String(value));
  }
}

function copyOfObject(value: object, within: readonly object[], room: Room): unknown {
  if (within.includes(value)) {
    return '[circular]';
  }
  // The digits of a card number would stand there one by one.
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return `[${value.byteLength} bytes]`;
  }
  if (within.length >= MOST_LEVELS) {
    return '[too deep]';
  }
  const inside = (member: unknown): unknown => readable(member, [...within, value], room);
  if (value instanceof Error) {
    return errorOf(value, inside);
  }
  if (Array.isArray(value)) {
    return listOf(value, inside);
  }
  if (value instanceof Set) {
    return listOf([...value], inside);
  }
  if (value instanceof Map) {
    return membersOf([...value].map(([name, member]) => [String(name), () => member as unknown]), inside);
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') {
    return inside((toJSON as () => unknown).call(value));
  }
  return membersOf(Object.keys(value).map((name) => [name, () => (value as Record<string, unknown>)[name]]), inside);
}

/** Not the other members of an error: the answer of a service may hold a part of the request. */
function errorOf(error: Error, inside: (member: unknown) => unknown): object {
  const { name, message, stack, cause } = error;
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  return {
    name: inside(name),
    message: inside(message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: inside(code) } : undefined),
    stack: inside(stack),
    ...(cause === undefined ? undefined : { cause: inside(cause) }),
    ...(Array.isArray(errors) ? { errors: inside(errors) } : undefined),
  };
}

function listOf(list: readonly unknown[], inside: (member: unknown) => unknown): unknown[] {
  const copy = list.slice(0, MOST_MEMBERS).map(inside);
  return list.length > MOST_MEMBERS ? [...copy, `[${list.length - MOST_MEMBERS} more]`] : copy;
}

function membersOf(members: readonly (readonly [string, () => unknown])[], inside: (member: unknown) => unknown): object {
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [name, read] of members.slice(0, MOST_MEMBERS)) {
    let value: unknown;
    try {
      value = read();
    } catch {
      value = '[unreadable]';
    }
    copy[textOf(name)] = inside(value);
  }
  if (members.length > MOST_MEMBERS) {
    copy['[more]'] = members.length - MOST_MEMBERS;
  }
  return copy;
}

/** Masked before it is cut, as a half of a card number is not known for one. */
function textOf(text: string): string {
  const masked = maskCardNumbers(text);
  return masked.length > MOST_CHARACTERS ? `${masked.slice(0, MOST_CHARACTERS)}… [${masked.length - MOST_CHARACTERS} more]` : masked;
}

function maskedNumber(value: number): number | string {
  const text = String(value);
  const masked = maskCardNumbers(text);
  return masked === text ? value : masked;
}
