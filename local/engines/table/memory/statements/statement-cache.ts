import type { Statement } from './statement';
import { parseStatement } from './statement-parser';

/** Texts repeat when their values are parameters; a client has few of them. */
const MAXIMUM_STATEMENTS = 1_000;

/** Statements read once for each text. Texts without parameters are not kept, because their values stand in them. */
export class StatementCache {
  private readonly statements = new Map<string, Statement>();

  /** The statement of a text. @throws StatementSyntaxError */
  public statement(text: string): Statement {
    const known = this.statements.get(text);
    if (known !== undefined) {
      return known;
    }
    const statement = parseStatement(text);
    if (statement.parameters > 0) {
      if (this.statements.size >= MAXIMUM_STATEMENTS) {
        this.statements.clear();
      }
      this.statements.set(text, statement);
    }
    return statement;
  }
}
