import * as fs from 'node:fs';
import * as path from 'node:path';
import protobuf from 'protobufjs';

/** Envoy's own .proto files, as @grpc/grpc-js-xds brings them, with what they import. */
const DEPENDENCIES = path.join(path.dirname(require.resolve('@grpc/grpc-js-xds/package.json')), 'deps');
const FOLDERS = ['envoy-api', 'googleapis', 'protoc-gen-validate', 'xds'].map((folder) => path.join(DEPENDENCIES, folder));
const BUNDLED = path.dirname(require.resolve('protobufjs/package.json'));

/** Reads .proto files of Envoy: `envoy/config/cluster/v3/cluster.proto`. @throws Error when one is not there */
export function envoyProtos(files: readonly string[]): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => (
    [...FOLDERS, BUNDLED].map((folder) => path.join(folder, target)).find((file) => fs.existsSync(file)) ?? target
  );
  // As they are written: Envoy's configuration has the names of the files.
  root.loadSync([...files], { keepCase: true });
  root.resolveAll();
  return root;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
/** The rules of protoc-gen-validate of a field or oneof: Envoy refuses a configuration that breaks one. */
type Rules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const INTEGERS: Readonly<Record<string, readonly [number, number]>> = {
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};
const WRAPPED = /^\.google\.protobuf\.(\w+)Value$/;
const DURATION = /^-?\d+(\.\d{1,9})?s$/;

/**
 * What Envoy would refuse of a configuration in the JSON form of protobuf, in the names of its .proto files: names that it does not know, values of
 * another type or out of range, two of a oneof, and what breaks the rules that stand in its .proto files.
 *
 * @param name of the message: `envoy.config.cluster.v3.Cluster`
 * @returns one sentence for each fault
 */
export function envoyFaults(root: protobuf.Root, name: string, value: unknown): string[] {
  return messageFaults(root.lookupType(name), value as Json, name.split('.').pop()!);
}

function messageFaults(type: protobuf.Type, value: Json, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${at} must be a message`];
  }
  const { '@type': _, ...members } = value as { readonly [name: string]: Json };
  const unknown = Object.keys(members).filter((name) => type.fields[name] === undefined).map((name) => `${at}.${name} is not a field of ${type.name}`);
  const fields = type.fieldsArray.flatMap((field) => {
    field.resolve();
    return members[field.name] === undefined
      ? field.partOf === null && isRequired(rulesOf(field)) ? [`${at}.${field.name} is required`] : []
      : fieldFaults(field, members[field.name], `${at}.${field.name}`);
  });
  const oneofs = type.oneofsArray.flatMap((oneof) => {
    const given = oneof.fieldsArray.filter((field) => members[field.name] !== undefined).map((field) => field.name);
    const isNeeded = oneof.options?.['(validate.required)'] === true;
    return given.length > 1 ? [`${at} has ${given.join(' and ')}, of which one is allowed`] : given.length === 0 && isNeeded ? [`${at} needs one of ${oneof.name}`] : [];
  });
  return [...unknown, ...fields, ...oneofs];
}

function fieldFaults(field: protobuf.Field, value: Json, at: string): string[] {
  const rules = rulesOf(field);
  if (field instanceof protobuf.MapField) {
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, item]) => valueFaults(field, item, {}, `${at}.${key}`)) : [`${at} must be a map`];
  }
  if (!field.repeated) {
    return valueFaults(field, value, rules, at);
  }
  if (!Array.isArray(value)) {
    return [`${at} must be a list`];
  }
  const { min_items: least = 0, max_items: most = Infinity, items = {} } = rules.repeated ?? {};
  const count = value.length < (least as number) || value.length > (most as number) ? [`${at} must hold from ${least} to ${most} items`] : [];
  return [...count, ...value.flatMap((item: Json, index) => valueFaults(field, item, items as Rules, `${at}.${index}`))];
}

function valueFaults(field: protobuf.Field, value: Json, rules: Rules, at: string): string[] {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) {
    return typeof value === 'string' && resolvedType.values[value] !== undefined ? [] : [`${at} must be one of ${resolvedType.name}`];
  }
  if (resolvedType instanceof protobuf.Type) {
    const { fullName } = resolvedType;
    const wrapped = WRAPPED.exec(fullName)?.[1];
    if (wrapped !== undefined) {
      return scalarFaults(wrapped.toLowerCase(), value, rules, at);
    }
    if (fullName === '.google.protobuf.Duration') {
      return typeof value === 'string' && DURATION.test(value) ? boundFaults(parseFloat(value), rules.duration, at) : [`${at} must be a duration`];
    }
    return fullName === '.google.protobuf.Any' ? anyFaults(resolvedType.root, value, at) : messageFaults(resolvedType, value, at);
  }
  return scalarFaults(field.type, value, rules, at);
}

function anyFaults(root: protobuf.Root, value: Json, at: string): string[] {
  const name = (value as { readonly '@type'?: string } | null)?.['@type'];
  const type = name === undefined ? undefined : root.lookup(name.replace(/^type\.googleapis\.com\//, ''));
  return type instanceof protobuf.Type ? messageFaults(type, value, at) : [`${at} has a type that is not known: ${name}`];
}

function scalarFaults(type: string, value: Json, rules: Rules, at: string): string[] {
  if (type in INTEGERS) {
    const [least, most] = INTEGERS[type];
    return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? boundFaults(value as number, rules[type], at) : [`${at} must be an integer of ${type}`];
  }
  if (type === 'double' || type === 'float') {
    return typeof value === 'number' ? boundFaults(value, rules[type], at) : [`${at} must be a number`];
  }
  if (type === 'bool') {
    return typeof value === 'boolean' ? [] : [`${at} must be true or false`];
  }
  if (type !== 'string' || typeof value !== 'string') {
    return [`${at} must be a ${type}`];
  }
  return value.length < Number(rules.string?.min_len ?? 0) ? [`${at} must not be shorter than ${rules.string.min_len as number}`] : [];
}

function boundFaults(value: number, rules: Rules[string] | undefined, at: string): string[] {
  const bound = (rule: unknown): number => (typeof rule === 'object' && rule !== null
    ? Number((rule as { seconds?: number }).seconds ?? 0) + Number((rule as { nanos?: number }).nanos ?? 0) / 1e9 : Number(rule));
  const holds: Readonly<Record<string, (limit: number) => boolean>> = {
    gt: (limit) => value > limit, gte: (limit) => value >= limit, lt: (limit) => value < limit, lte: (limit) => value <= limit,
  };
  return Object.entries(rules ?? {}).filter(([name, rule]) => name in holds && !holds[name](bound(rule)))
    .map(([name, rule]) => `${at} must be ${name} ${bound(rule)}, got: ${value}`);
}

function rulesOf(field: protobuf.Field): Rules {
  const parsed = (field.parsedOptions ?? []) as readonly Readonly<Record<string, Rules>>[];
  return Object.assign({}, ...parsed.map((option) => option['(validate.rules)'] ?? {})) as Rules;
}

function isRequired(rules: Rules): boolean {
  return Object.values(rules).some((rule) => typeof rule === 'object' && rule.required === true)
    || Number(rules.string?.min_len ?? 0) > 0 || Number(rules.repeated?.min_items ?? 0) > 0;
}
