import protobuf from 'protobufjs';

/**
 * What in a later version of a .proto file breaks readers or writers of an earlier one. Rules:
 * https://protobuf.dev/programming-guides/proto3/#updating, and those of payment/v1/payment.proto, which are stricter: names stay too, because JSON and
 * people read them.
 *
 * @param imported what both versions import
 * @returns one sentence for each fault; none when the later version may follow the earlier one
 */
export function evolutionFaults(earlier: string, later: string, imported: readonly string[] = []): string[] {
  return scopeFaults(rootOf(earlier, imported), rootOf(later, imported));
}

function rootOf(proto: string, imported: readonly string[]): protobuf.Root {
  const root = new protobuf.Root();
  // As they are written: the names of the file, not those of JavaScript.
  [...imported, proto].forEach((text) => protobuf.parse(text, root, { keepCase: true }));
  root.resolveAll();
  return root;
}

function scopeFaults(earlier: protobuf.NamespaceBase, later: protobuf.NamespaceBase): string[] {
  return earlier.nestedArray.flatMap((was) => {
    const is = later.get(was.name);
    const name = was.fullName.slice(1);
    if (was instanceof protobuf.Type) {
      return is instanceof protobuf.Type ? [...messageFaults(name, was, is), ...scopeFaults(was, is)] : [`message ${name} is gone`];
    }
    if (was instanceof protobuf.Enum) {
      return is instanceof protobuf.Enum ? enumFaults(name, was, is) : [`enum ${name} is gone`];
    }
    if (was instanceof protobuf.Service) {
      return is instanceof protobuf.Service ? serviceFaults(name, was, is) : [`service ${name} is gone`];
    }
    return is instanceof protobuf.Namespace && was instanceof protobuf.Namespace ? scopeFaults(was, is) : [`${name} is gone`];
  });
}

function messageFaults(name: string, was: protobuf.Type, is: protobuf.Type): string[] {
  const faults = was.fieldsArray.flatMap((field) => {
    const now = is.fieldsById[field.id];
    if (now === undefined) {
      return is.isReservedId(field.id) && is.isReservedName(field.name) ? [] : [`field ${field.id} of ${name} is gone and its number or name is not reserved`];
    }
    if (now.name !== field.name) {
      return [`field ${field.id} of ${name} was ${field.name} and is ${now.name}`];
    }
    return shape(now) === shape(field) ? [] : [`field ${field.id} of ${name} was ${shape(field)} and is ${shape(now)}`];
  });
  const released = reservedIds(was).filter((id) => !is.isReservedId(id));
  return [...faults, ...released.map((id) => `field ${id} of ${name} is no longer reserved`), ...newFieldFaults(name, was, is)];
}

/** A new field is one that an older writer leaves out. */
function newFieldFaults(name: string, was: protobuf.Type, is: protobuf.Type): string[] {
  return is.fieldsArray.filter(({ id, required }) => required && was.fieldsById[id] === undefined).map(({ id }) => `field ${id} of ${name} is new and required`);
}

function enumFaults(name: string, was: protobuf.Enum, is: protobuf.Enum): string[] {
  return Object.entries(was.values).flatMap(([value, id]) => (is.values[value] === id ? [] : [`value ${value} = ${id} of ${name} is not what it was`]));
}

function serviceFaults(name: string, was: protobuf.Service, is: protobuf.Service): string[] {
  return was.methodsArray.flatMap((method) => {
    const now = is.methods[method.name];
    if (now === undefined) {
      return [`method ${method.name} of ${name} is gone`];
    }
    return signature(now) === signature(method) ? [] : [`method ${method.name} of ${name} was ${signature(method)} and is ${signature(now)}`];
  });
}

function signature({ requestStream, requestType, responseStream, responseType }: protobuf.Method): string {
  return `(${requestStream ? 'stream ' : ''}${requestType}) returns (${responseStream ? 'stream ' : ''}${responseType})`;
}

function shape(field: protobuf.Field): string {
  const kind = field.repeated ? 'repeated ' : field.required ? 'required ' : '';
  return `${kind}${field instanceof protobuf.MapField ? `map of ${field.keyType} to ` : ''}${field.type}`;
}

function reservedIds(type: protobuf.Type): number[] {
  return (type.reserved ?? []).flatMap((range) => (typeof range === 'string' ? [] : Array.from({ length: range[1] - range[0] + 1 }, (_, index) => range[0] + index)));
}
