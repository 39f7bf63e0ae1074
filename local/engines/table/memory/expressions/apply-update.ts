import type { AttributeValue, Item } from '../../attribute-value';
import { bindValue } from '../../partiql/value-template';
import { EngineError } from '../engine-error';
import { calculate } from '../values/decimal';
import { type DocumentPath, memberOf, valueAt } from './document-path';
import type { UpdateAction, UpdateValue } from './update';

/** What an action leaves at its path; nothing where it removes what stands there. */
interface Change {
  readonly path: DocumentPath;
  readonly value: AttributeValue | undefined;
}

/** A map or list that may be changed, because it was copied. */
type Container = { readonly M: Record<string, AttributeValue> } | { readonly L: (AttributeValue | undefined)[] };

/**
 * Carries out an update. Every action sees the item as it was before the first of them.
 *
 * @param item is not changed
 * @returns the item afterwards
 * @throws EngineError when an action does not fit what is there
 */
export function applyUpdate(actions: readonly UpdateAction[], item: Item, parameters: readonly AttributeValue[] = []): Item {
  const evaluation = new Evaluation(item, parameters);
  const changes = actions.map((action) => evaluation.change(action)).filter((change) => change !== undefined);
  const root = { M: copyOf(item) };
  const lists = new Set<(AttributeValue | undefined)[]>();
  const copies = new Map<AttributeValue, Container>();
  // New list elements go behind the last one in the order of their indexes.
  for (const { path, value } of [...changes].sort((left, right) => lastIndex(left) - lastIndex(right))) {
    const container = containerOf(root, path, copies, value === undefined);
    if (container !== undefined) {
      place(container, path[path.length - 1], value, lists);
    }
  }
  for (const list of lists) {
    const left = list.filter((element) => element !== undefined);
    list.splice(0, list.length, ...left);
  }
  return root.M;
}

/** Values of one update, all taken from the item as it was. */
class Evaluation {
  constructor(private readonly item: Item, private readonly parameters: readonly AttributeValue[]) {}

  change(action: UpdateAction): Change | undefined {
    const { path } = action;
    switch (action.kind) {
      case 'set':
        return { path, value: this.value(action.value) };
      case 'remove':
        return { path, value: undefined };
      case 'add':
        return { path, value: sumOrUnion(valueAt(this.item, path), this.value(action.value)) };
      case 'delete': {
        const before = valueAt(this.item, path);
        return before && { path, value: difference(before, this.value(action.value)) };
      }
    }
  }

  private value(value: UpdateValue): AttributeValue {
    switch (value.kind) {
      case 'given':
        return bindValue(value.value, this.parameters) as AttributeValue;
      case 'path': {
        const found = valueAt(this.item, value.path);
        if (found === undefined) {
          throw EngineError.validation('The provided expression refers to an attribute that does not exist in the item');
        }
        return found;
      }
      case 'if-not-exists':
        return valueAt(this.item, value.path) ?? this.value(value.otherwise);
      case 'sum': {
        const left = this.value(value.left).N;
        const right = this.value(value.right).N;
        if (left === undefined || right === undefined) {
          throw wrongType();
        }
        return { N: calculate(left, value.operator, right) };
      }
      case 'append': {
        const left = this.value(value.left).L;
        const right = this.value(value.right).L;
        if (left === undefined || right === undefined) {
          throw wrongType();
        }
        return { L: [...left, ...right] };
      }
    }
  }
}

function sumOrUnion(before: AttributeValue | undefined, added: AttributeValue): AttributeValue {
  if (before === undefined) {
    return added;
  }
  if (before.N !== undefined && added.N !== undefined) {
    return { N: calculate(before.N, '+', added.N) };
  }
  const [type, members, others] = sameSets(before, added);
  return { [type]: [...new Set([...members, ...others])] };
}

/** What is left of a set; an empty one is none. */
function difference(before: AttributeValue, removed: AttributeValue): AttributeValue | undefined {
  const [type, members, others] = sameSets(before, removed);
  const left = members.filter((member) => !others.includes(member));
  return left.length === 0 ? undefined : { [type]: left };
}

function sameSets(left: AttributeValue, right: AttributeValue): ['SS' | 'NS' | 'BS', readonly string[], readonly string[]] {
  for (const type of ['SS', 'NS', 'BS'] as const) {
    const members = left[type];
    const others = right[type];
    if (members !== undefined && others !== undefined) {
      return [type, members, others];
    }
  }
  throw wrongType();
}

/** Copies of the maps and lists on the way to a path's last step; undefined when a removal has nothing to remove there. */
function containerOf(root: Container, path: DocumentPath, copies: Map<AttributeValue, Container>, removes: boolean): Container | undefined {
  let container = root;
  for (const step of path.slice(0, -1)) {
    const value = memberOf(container as AttributeValue, step);
    if (value === undefined || (value.M === undefined && value.L === undefined)) {
      throw invalidPath();
    }
    let copy = copies.get(value);
    if (copy === undefined) {
      copy = value.M === undefined ? { L: [...value.L as readonly AttributeValue[]] } : { M: copyOf(value.M) };
      copies.set(copy as AttributeValue, copy);
      place(container, step, copy as AttributeValue, undefined);
    }
    container = copy;
  }
  const last = path[path.length - 1];
  if (('M' in container) !== (typeof last === 'string')) {
    throw invalidPath();
  }
  return removes && memberOf(container as AttributeValue, last) === undefined ? undefined : container;
}

/** Puts a value at its place, or takes away what is there; elements of a list keep their indexes until all actions are done. */
function place(container: Container, step: string | number, value: AttributeValue | undefined, lists: Set<unknown> | undefined): void {
  if ('L' in container) {
    const { L: list } = container;
    lists?.add(list);
    list[Math.min(step as number, list.length)] = value;
  } else if (value === undefined) {
    delete container.M[step];
  } else {
    container.M[step] = value;
  }
}

/** A copy that takes any name, `__proto__` too. */
function copyOf(item: Item): Record<string, AttributeValue> {
  return Object.assign(Object.create(null), item);
}

/** The list index that a change ends at; -1 when it ends at a name. */
function lastIndex({ path }: Change): number {
  const last = path[path.length - 1];
  return typeof last === 'number' ? last : -1;
}

function wrongType(): EngineError {
  return EngineError.validation('An operand in the update expression has an incorrect data type');
}

function invalidPath(): EngineError {
  return EngineError.validation('The document path provided in the update expression is invalid for update');
}
