import type { ValueTemplate } from '../../partiql/value-template';
import type { DocumentPath } from './document-path';

/** What a condition compares: a path's value, its size, or a value that is given. */
export type Operand =
  | { readonly kind: 'path'; readonly path: DocumentPath }
  | { readonly kind: 'size'; readonly path: DocumentPath }
  | { readonly kind: 'given'; readonly value: ValueTemplate };

export const COMPARATORS = ['=', '<>', '<=', '>=', '<', '>'] as const;
export type Comparator = typeof COMPARATORS[number];

/** A condition on an item, of an expression or of a statement's WHERE. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly inner: Condition }
  | { readonly kind: 'compare'; readonly comparator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly operand: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly members: readonly Operand[] }
  | { readonly kind: 'exists'; readonly path: DocumentPath }
  | { readonly kind: 'type'; readonly path: DocumentPath; readonly type: Operand }
  | { readonly kind: 'begins'; readonly text: Operand; readonly prefix: Operand }
  | { readonly kind: 'contains'; readonly container: Operand; readonly member: Operand };

/** The conditions that all have to hold: those between the ANDs outside of everything else. */
export function conjuncts(condition: Condition): readonly Condition[] {
  return condition.kind === 'and' ? [...conjuncts(condition.left), ...conjuncts(condition.right)] : [condition];
}

/** Every document path that a condition names. */
export function conditionPaths(condition: Condition): readonly DocumentPath[] {
  const pathsOf = (...operands: readonly Operand[]): readonly DocumentPath[] =>
    operands.flatMap((operand) => (operand.kind === 'given' ? [] : [operand.path]));
  switch (condition.kind) {
    case 'and':
    case 'or':
      return [...conditionPaths(condition.left), ...conditionPaths(condition.right)];
    case 'not':
      return conditionPaths(condition.inner);
    case 'compare':
      return pathsOf(condition.left, condition.right);
    case 'between':
      return pathsOf(condition.operand, condition.low, condition.high);
    case 'in':
      return pathsOf(condition.operand, ...condition.members);
    case 'exists':
    case 'type':
      return [condition.path];
    case 'begins':
      return pathsOf(condition.text, condition.prefix);
    case 'contains':
      return pathsOf(condition.container, condition.member);
  }
}
