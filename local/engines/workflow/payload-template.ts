import { compileExpression, type Expression } from './intrinsics';
import { isObject, type Json } from './json';

/**
 * A payload template, as in Parameters and ResultSelector: members whose names end in `.$` hold paths or intrinsic functions, all others stand
 * for themselves.
 *
 * @throws Error naming an expression that is not known
 */
export function compileTemplate(template: Json): Expression {
  if (Array.isArray(template)) {
    const items = (template as Json[]).map(compileTemplate);
    return (scope) => items.map((item) => item(scope));
  }
  if (!isObject(template)) {
    return () => template;
  }
  const members = Object.entries(template).map(([name, value]): readonly [string, Expression] => {
    if (!name.endsWith('.$')) {
      return [name, compileTemplate(value)];
    }
    if (typeof value !== 'string') {
      throw new Error(`the member ${name} holds no path`);
    }
    return [name.slice(0, -2), compileExpression(value)];
  });
  return (scope) => Object.fromEntries(members.map(([name, value]) => [name, value(scope)]));
}
