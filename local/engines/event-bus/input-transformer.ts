import { isObject, type Json, ReferencePath } from '../workflow';

/** What a rule sends to a target in the place of the event. */
export interface TargetInput {
  /** A fixed text of JSON. */
  readonly input?: string;
  /** A path into the event. */
  readonly inputPath?: string;
  readonly transformer?: { readonly paths: { readonly [name: string]: string }; readonly template: string };
}

/** Makes what a target gets of an event: text. */
export type InputMaker = (event: Json) => string;

/** @throws Error naming what does not run here */
export function compileTargetInput({ input, inputPath, transformer }: TargetInput): InputMaker {
  if (input !== undefined) {
    return () => input;
  }
  if (inputPath !== undefined) {
    const path = ReferencePath.parse(inputPath);
    return (event) => JSON.stringify(path.find(event) ?? {});
  }
  if (transformer !== undefined) {
    return compileTransformer(transformer.paths, transformer.template);
  }
  return (event) => JSON.stringify(event);
}

/**
 * `<name>` stands for a value: inside quotation marks as a part of the text, elsewhere as JSON. Of the variables that a rule has of itself the
 * event is known, with and without its detail as it is.
 */
function compileTransformer(paths: { readonly [name: string]: string }, template: string): InputMaker {
  const values = new Map(Object.entries(paths).map(([name, path]) => [name, ReferencePath.parse(path)]));
  const placeholders = [...template.matchAll(/<([A-Za-z0-9_.-]+)>/g)].map(([, name]) => name);
  const unknown = placeholders.find((name) => !values.has(name) && name !== 'aws.events.event' && name !== 'aws.events.event.json');
  if (unknown !== undefined) {
    throw new Error(`the input template has <${unknown}>, which does not run here`);
  }
  const find = (event: Json, name: string): Json => values.get(name)?.find(event) ?? (values.has(name) ? '' : event);
  return (event) => {
    let inText = false;
    return template.replace(/\\.|"|<([A-Za-z0-9_.-]+)>/gs, (token, name: string | undefined) => {
      if (name === undefined) {
        inText = token === '"' ? !inText : inText;
        return token;
      }
      const value = find(event, name);
      if (!inText) {
        return JSON.stringify(value);
      }
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return isObject(value) || Array.isArray(value) ? text : JSON.stringify(text).slice(1, -1);
    });
  };
}
