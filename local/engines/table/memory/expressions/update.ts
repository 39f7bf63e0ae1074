import type { ValueTemplate } from '../../partiql/value-template';
import type { DocumentPath } from './document-path';

/** What an update sets a path to. */
export type UpdateValue =
  | { readonly kind: 'path'; readonly path: DocumentPath }
  | { readonly kind: 'given'; readonly value: ValueTemplate }
  | { readonly kind: 'sum'; readonly operator: '+' | '-'; readonly left: UpdateValue; readonly right: UpdateValue }
  | { readonly kind: 'if-not-exists'; readonly path: DocumentPath; readonly otherwise: UpdateValue }
  | { readonly kind: 'append'; readonly left: UpdateValue; readonly right: UpdateValue };

/** One action of an update, of an expression or of a statement. */
export type UpdateAction =
  | { readonly kind: 'set'; readonly path: DocumentPath; readonly value: UpdateValue }
  | { readonly kind: 'remove'; readonly path: DocumentPath }
  | { readonly kind: 'add' | 'delete'; readonly path: DocumentPath; readonly value: UpdateValue };
