import { KinesisError } from './errors';

/** The members of a request, read with the checks that the API makes. */
export class KinesisRequest {
  constructor(private readonly members: Readonly<Record<string, unknown>>) {}

  /** Parses a body; an empty one stands for no members. */
  static parse(body: string): KinesisRequest {
    let members: unknown;
    try {
      members = body === '' ? {} : JSON.parse(body);
    } catch {
      members = undefined;
    }
    return KinesisRequest.of(members);
  }

  static of(members: unknown): KinesisRequest {
    if (typeof members !== 'object' || members === null || Array.isArray(members)) {
      throw new KinesisError('SerializationException', 'The request must be a JSON object.');
    }
    return new KinesisRequest(members as Record<string, unknown>);
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) {
      throw new KinesisError('ValidationException', `1 validation error detected: Value null at '${memberName(name)}' failed to satisfy constraint: Member must not be null`);
    }
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.members[name] ?? undefined;
    if (value !== undefined && typeof value !== 'string') {
      throw new KinesisError('SerializationException', `\`${name}\` must be a string.`);
    }
    return value;
  }

  optionalNumber(name: string): number | undefined {
    const value = this.members[name] ?? undefined;
    if (value !== undefined && typeof value !== 'number') {
      throw new KinesisError('SerializationException', `\`${name}\` must be a number.`);
    }
    return value;
  }

  /** A number between two bounds, or the default when it is absent. */
  numberBetween(name: string, minimum: number, maximum: number, otherwise: number): number {
    const value = this.optionalNumber(name) ?? otherwise;
    if (!(value >= minimum && value <= maximum)) {
      throw new KinesisError(
        'ValidationException',
        `1 validation error detected: Value '${value}' at '${memberName(name)}' failed to satisfy constraint: Member must be between ${minimum} and ${maximum}`,
      );
    }
    return value;
  }

  list(name: string): readonly unknown[] {
    const value = this.members[name];
    if (!Array.isArray(value)) {
      throw new KinesisError('SerializationException', `\`${name}\` must be a list.`);
    }
    return value;
  }

  /** A structure inside the request; undefined when it is absent. */
  optionalMembers(name: string): KinesisRequest | undefined {
    return this.has(name) ? KinesisRequest.of(this.members[name]) : undefined;
  }

  has(name: string): boolean {
    return (this.members[name] ?? undefined) !== undefined;
  }
}

/** The API writes members in messages with a lower-case first letter. */
function memberName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
