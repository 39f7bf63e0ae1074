import { EngineError } from '../engine-error';
import { isReservedWord } from './reserved-words';
import type { DocumentPath } from './document-path';
import type { Placeholders } from './placeholders';
import type { AttributeValue } from '../../attribute-value';

/** `name`: an attribute's name or keyword as it is; `placeholder`: `#name`; `value`: `:name`. */
type TokenKind = 'name' | 'placeholder' | 'value' | 'number' | 'symbol' | 'end';

/** Source: limits of expressions in the DynamoDB developer guide. */
const MAXIMUM_EXPRESSION_BYTES = 4_096;

const TOKEN = /\s*(?:([A-Za-z_]\w*)|(#\w+)|(:\w+)|(\d+)|(<>|<=|>=|[=<>+\-()[\],.]))/y;
const KINDS: readonly TokenKind[] = ['name', 'placeholder', 'value', 'number', 'symbol'];

/** Reads the tokens of one expression and resolves its placeholders. */
export class ExpressionReader {
  private kind: TokenKind = 'end';
  private text = '';
  private position = 0;

  /**
   * @param parameter name of the request's member, such as `ConditionExpression`; errors name it.
   * @throws EngineError when the expression is empty or longer than 4,096 bytes
   */
  constructor(
    private readonly expression: string,
    public readonly parameter: string,
    private readonly placeholders: Placeholders,
  ) {
    if (expression.trim() === '') {
      throw this.invalid('The expression can not be empty;');
    }
    const bytes = Buffer.byteLength(expression);
    if (bytes > MAXIMUM_EXPRESSION_BYTES) {
      throw this.invalid(`Expression size has exceeded the maximum allowed size; expression size: ${bytes}`);
    }
    this.next();
  }

  /** Whether the expression is read to its end. */
  public get isAtEnd(): boolean {
    return this.kind === 'end';
  }

  /** Whether the next token is a value's placeholder. */
  public get isAtValue(): boolean {
    return this.kind === 'value';
  }

  /** The next token's text as it stands, for messages. */
  public get token(): string {
    return this.kind === 'end' ? '<EOF>' : this.text;
  }

  /** Passes over a keyword, in whatever case. @returns whether it stood there */
  public takeKeyword(upperCase: string): boolean {
    const stands = this.kind === 'name' && this.text.length === upperCase.length && this.text.toUpperCase() === upperCase;
    if (stands) {
      this.next();
    }
    return stands;
  }

  /** Passes over a symbol. @returns whether it stood there */
  public takeSymbol(symbol: string): boolean {
    const stands = this.kind === 'symbol' && this.text === symbol;
    if (stands) {
      this.next();
    }
    return stands;
  }

  /** Passes over one of some symbols. @returns the one that stood there */
  public takeOneOf<Symbol extends string>(symbols: readonly Symbol[]): Symbol | undefined {
    return symbols.find((symbol) => this.takeSymbol(symbol));
  }

  /** Passes over the name of a function and its opening parenthesis. @returns the name if it stood there */
  public takeFunction<Name extends string>(names: readonly Name[]): Name | undefined {
    if (this.kind !== 'name' || !/^\s*\(/.test(this.expression.slice(this.position))) {
      return undefined;
    }
    const name = names.find((known) => known === this.text);
    if (name === undefined) {
      throw this.invalid(`Invalid function name; function: ${this.text}`);
    }
    this.next();
    this.next();
    return name;
  }

  /** Passes over a symbol that has to stand there. @throws EngineError */
  public expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) {
      throw this.syntaxError();
    }
  }

  /** Passes over a keyword that has to stand there. @throws EngineError */
  public expectKeyword(upperCase: string): void {
    if (!this.takeKeyword(upperCase)) {
      throw this.syntaxError();
    }
  }

  /** @throws EngineError when something is left */
  public expectEnd(): void {
    if (!this.isAtEnd) {
      throw this.syntaxError();
    }
  }

  /** Reads a value's placeholder. @throws EngineError when it is not defined, or something else stands there */
  public value(): AttributeValue {
    if (this.kind !== 'value') {
      throw this.syntaxError();
    }
    const value = this.placeholders.value(this.text);
    if (value === undefined) {
      throw this.invalid(`An expression attribute value used in expression is not defined; attribute value: ${this.text}`);
    }
    this.next();
    return value;
  }

  /** Reads a document path. @throws EngineError */
  public path(): DocumentPath {
    const path: [string, ...(string | number)[]] = [this.attributeName()];
    for (;;) {
      if (this.takeSymbol('.')) {
        path.push(this.attributeName());
      } else if (this.takeSymbol('[')) {
        path.push(this.listIndex());
        this.expectSymbol(']');
      } else {
        return path;
      }
    }
  }

  /** An error that names the token that stands in the way. */
  public syntaxError(): EngineError {
    return this.invalid(`Syntax error; token: "${this.token}", near: "${this.expression.slice(Math.max(0, this.position - this.text.length - 10), this.position + 10)}"`);
  }

  /** An error of this expression. */
  public invalid(reason: string): EngineError {
    return EngineError.validation(`Invalid ${this.parameter}: ${reason}`);
  }

  private attributeName(): string {
    const { kind, text } = this;
    if (kind !== 'name' && kind !== 'placeholder') {
      throw this.syntaxError();
    }
    this.next();
    if (kind === 'name') {
      if (isReservedWord(text)) {
        throw this.invalid(`Attribute name is a reserved keyword; reserved keyword: ${text}`);
      }
      return text;
    }
    const name = this.placeholders.name(text);
    if (name === undefined) {
      throw this.invalid(`An expression attribute name used in the document path is not defined; attribute name: ${text}`);
    }
    return name;
  }

  private listIndex(): number {
    if (this.kind !== 'number') {
      throw this.syntaxError();
    }
    const index = Number(this.text);
    this.next();
    return index;
  }

  private next(): void {
    TOKEN.lastIndex = this.position;
    const match = TOKEN.exec(this.expression);
    if (match === null) {
      if (this.expression.slice(this.position).trim() !== '') {
        throw this.invalid(`Syntax error; unknown character at position ${this.position}`);
      }
      this.kind = 'end';
      this.text = '';
      return;
    }
    const group = match.findIndex((text, index) => index > 0 && text !== undefined);
    this.kind = KINDS[group - 1];
    this.text = match[group];
    this.position = TOKEN.lastIndex;
  }
}
