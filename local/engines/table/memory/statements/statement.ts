import type { AttributeTemplate } from '../../partiql/statement';
import type { Condition } from '../expressions/condition';
import type { DocumentPath } from '../expressions/document-path';
import type { UpdateAction } from '../expressions/update';

/** What a statement that writes answers with: the item, or what it touched of it, before or after. */
export interface Returning {
  readonly part: 'ALL' | 'MODIFIED';
  readonly moment: 'OLD' | 'NEW';
}

/** A PartiQL statement as it is carried out. */
export type Statement = {
  readonly table: string;
  /** Parameters that the statement wants. */
  readonly parameters: number;
} & (
  | { readonly kind: 'insert'; readonly attributes: readonly AttributeTemplate[] }
  | { readonly kind: 'update'; readonly actions: readonly UpdateAction[]; readonly where: Condition; readonly returning?: Returning }
  | { readonly kind: 'delete'; readonly where: Condition; readonly returning?: Returning }
  | { readonly kind: 'select'; readonly paths: readonly DocumentPath[] | undefined; readonly where: Condition | undefined }
);

export type StatementOf<Kind extends Statement['kind']> = Extract<Statement, { readonly kind: Kind }>;
