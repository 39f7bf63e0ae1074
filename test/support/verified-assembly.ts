import * as fs from 'node:fs';
import { synthesizeApp, type UsedAssembly } from '../../cli/assembly';
import { readAssembly } from '../../lib/topology';

/** Templates hide a message for six times the timeout of the function that received it, as AWS advises: twice is left of it. */
const SHARE = 3;

interface Template {
  readonly Resources: { readonly [id: string]: { readonly Type: string; readonly Properties?: { VisibilityTimeout?: unknown } } };
}

/**
 * The local environment, synthesized for runs that kill functions: a queue hides what a killed function had received for minutes, in which nothing
 * happens that a run could learn from. Here it hides it for a third of that time; all else is as it would be deployed.
 *
 * @param profile @default - serverless
 */
export async function synthesizeForVerification(profile?: 'serverless' | 'kubernetes'): Promise<UsedAssembly> {
  const assembly = await synthesizeApp({ environment: 'local', ...(profile !== undefined && { profile }) });
  for (const { templateFile } of readAssembly(assembly.folder)) {
    const text = fs.readFileSync(templateFile, 'utf8');
    const changed = withShorterWaits(text);
    if (changed !== text) {
      fs.writeFileSync(templateFile, changed);
    }
  }
  return assembly;
}

/** A template whose queues hide messages for a third of the time. */
export function withShorterWaits(text: string): string {
  const template = JSON.parse(text) as Template;
  const queues = Object.values(template.Resources)
    .filter(({ Type, Properties }) => Type === 'AWS::SQS::Queue' && typeof Properties?.VisibilityTimeout === 'number');
  queues.forEach(({ Properties }) => (Properties!.VisibilityTimeout = Math.ceil(Number(Properties!.VisibilityTimeout) / SHARE)));
  return queues.length === 0 ? text : JSON.stringify(template, undefined, 1);
}
