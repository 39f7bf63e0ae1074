/** Refuses a value; the message names the property, its bound and the value. */
export function refuse(property: string, bound: string, got: string | number): never {
  throw new Error(`\`${property}\` must be ${bound}, got: ${got}`);
}

/** @throws Error unless the value is finite and greater than 0 */
export function requirePositive(property: string, value: number, unit: string): void {
  if (!(Number.isFinite(value) && value > 0)) {
    refuse(property, `greater than 0${unit === '' ? '' : ` ${unit}`}`, value);
  }
}

/** @throws Error unless the value lies between 0 and 1, both included */
export function requireShare(property: string, value: number): void {
  if (!(value >= 0 && value <= 1)) {
    refuse(property, 'between 0 and 1', value);
  }
}

/** @throws Error unless the value is an integer of at least 1 */
export function requireCount(property: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value >= 1)) {
    refuse(property, 'an integer of at least 1', value);
  }
}

const REGION = /^(af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)(-gov|-iso[a-z]?|-de)?-(north|south|central|east|west|north(east|west)|south(east|west))-[1-9]$/;

/** @throws Error unless the value is built like the code of an AWS region; whether the region exists is not known here */
export function requireRegion(property: string, value: string): void {
  if (!REGION.test(value)) {
    refuse(property, 'the code of an AWS region such as eu-west-1', value);
  }
}

/** @throws Error for a value that CloudFormation resolves only at deployment: nothing could be sized from it */
export function requireKnown(property: string, value: { isUnresolved(): boolean }): void {
  if (value.isUnresolved()) {
    refuse(property, 'known at synthesis', 'an unresolved token');
  }
}
