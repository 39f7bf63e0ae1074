import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, type AppProps, Stack } from 'aws-cdk-lib';

/** The project's own settings of the CDK, so that tests see the flags that a deployment sees. */
export const cdkContext: { readonly [key: string]: unknown } = JSON.parse(
  fs.readFileSync(path.join(__dirname, '..', '..', 'cdk.json'), 'utf8'),
).context;

/** An app with the context of `cdk.json`. */
export function testApp(props: AppProps = {}): App {
  return new App({ ...props, context: { ...cdkContext, ...props.context } });
}

/** A stack of a known region and no account, as the reference has them: nothing is looked up. */
export function testStack(app: App = testApp(), id = 'stack'): Stack {
  return new Stack(app, id, { env: { region: 'eu-west-1' } });
}
