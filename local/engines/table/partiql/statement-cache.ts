/** Texts repeat when their values are parameters; a client has few of them. */
const MAXIMUM_STATEMENTS = 1_000;

/** Statements read once for each text. Texts without parameters are not kept, because their values stand in them. */
export class StatementCache<Statement extends { readonly parameters: number }> {
  private readonly statements = new Map<string, Statement>();

  /** @param parse reads a statement; what it throws is not remembered */
  constructor(private readonly parse: (text: string) => Statement) {}

  /** The statement of a text. @throws StatementSyntaxError */
  public statement(text: string): Statement {
    const known = this.statements.get(text);
    if (known !== undefined) {
      return known;
    }
    const statement = this.parse(text);
    if (statement.parameters > 0) {
      if (this.statements.size >= MAXIMUM_STATEMENTS) {
        this.statements.clear();
      }
      this.statements.set(text, statement);
    }
    return statement;
  }
}
