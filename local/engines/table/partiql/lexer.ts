/** What a token is. A `symbol` is an operator or bracket. */
export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'symbol' | 'end';

/** A statement that cannot be read. The message says why. */
export class StatementSyntaxError extends Error {
  readonly name = 'StatementSyntaxError';
}

const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const QUESTION_MARK = 0x3f;
const WORD = /\w*/y;
const NUMBER = /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
const SYMBOLS = new Set('{}[](),:=<>.+-*');
const LONG_SYMBOLS = new Set(['<<', '>>', '<=', '>=', '<>', '!=', '||']);

/** Cuts a PartiQL statement into tokens, one at a time. Comments and semicolons are refused. */
export class Lexer {
  /** The token that the lexer stands at. */
  public kind: TokenKind = 'end';
  /** Its text; strings and quoted names without quotes and escapes. */
  public text = '';
  /** Parameters before the token. */
  public parameters = 0;

  private position = 0;

  constructor(private readonly statement: string) {
    this.next();
  }

  /** Whether the token is that word, in whatever case. */
  public isWord(upperCase: string): boolean {
    return this.kind === 'word' && this.text.length === upperCase.length && this.text.toUpperCase() === upperCase;
  }

  /** Whether the token is that symbol. */
  public isSymbol(symbol: string): boolean {
    return this.kind === 'symbol' && this.text === symbol;
  }

  /** Passes over a word or symbol. @throws StatementSyntaxError when another token stands there. */
  public expect(wordOrSymbol: string): void {
    if (!this.isWord(wordOrSymbol) && !this.isSymbol(wordOrSymbol)) {
      throw this.unexpected(wordOrSymbol);
    }
    this.next();
  }

  /** An error that names the token and what should stand there. */
  public unexpected(wanted: string): StatementSyntaxError {
    return new StatementSyntaxError(`expected ${wanted}, got ${this.kind === 'end' ? 'the end' : this.kind} at character ${this.position}`);
  }

  /** Moves on to the next token. */
  public next(): void {
    if (this.kind === 'parameter') {
      this.parameters++;
    }
    const { statement } = this;
    while (this.position < statement.length && isSpace(statement.charCodeAt(this.position))) {
      this.position++;
    }
    if (this.position >= statement.length) {
      this.kind = 'end';
      this.text = '';
      return;
    }
    const code = statement.charCodeAt(this.position);
    if (code === QUOTE || code === DOUBLE_QUOTE) {
      this.quoted(code);
    } else if (isDigit(code)) {
      this.take('number', NUMBER);
    } else if (isWordStart(code)) {
      this.take('word', WORD);
    } else if (code === QUESTION_MARK) {
      this.kind = 'parameter';
      this.text = '?';
      this.position++;
    } else {
      this.symbol();
    }
  }

  private take(kind: TokenKind, pattern: RegExp): void {
    pattern.lastIndex = this.position;
    pattern.test(this.statement);
    this.text = this.statement.slice(this.position, pattern.lastIndex);
    this.kind = kind;
    this.position = pattern.lastIndex;
  }

  private symbol(): void {
    const first = this.statement[this.position];
    const second = this.statement[this.position + 1];
    if ((first === '-' && second === '-') || (first === '/' && second === '*')) {
      throw new StatementSyntaxError(`a comment at character ${this.position}`);
    }
    const isLong = '<>!|'.includes(first) && LONG_SYMBOLS.has(first + second);
    if (!isLong && !SYMBOLS.has(first)) {
      throw new StatementSyntaxError(`an unknown character at ${this.position}`);
    }
    this.kind = 'symbol';
    this.text = isLong ? first + second : first;
    this.position += this.text.length;
  }

  /** A string or quoted name; the quote inside is written twice. */
  private quoted(quote: number): void {
    const mark = String.fromCharCode(quote);
    let start = this.position + 1;
    let text = '';
    for (;;) {
      const end = this.statement.indexOf(mark, start);
      if (end < 0) {
        throw new StatementSyntaxError(`no closing quote for the one at character ${this.position}`);
      }
      text += this.statement.slice(start, end);
      if (this.statement.charCodeAt(end + 1) !== quote) {
        this.position = end + 1;
        break;
      }
      text += mark;
      start = end + 2;
    }
    this.kind = quote === QUOTE ? 'string' : 'quoted';
    this.text = text;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isWordStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;
}
