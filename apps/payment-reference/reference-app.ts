import { App, type AppProps } from 'aws-cdk-lib';

/**
 * The app that the reference is synthesized in. It writes no `tree.json`: that is for viewers of construct trees, nothing here reads it, and writing
 * it takes a twelfth of the synthesis. Stack traces of where constructs were made (`cdk.json`) and garbage collections of a process that ends at
 * once (the command in `cdk.json`) are left out for the same reason; `CDK_DEBUG=true` brings the traces back.
 */
export function referenceApp(props: AppProps = {}): App {
  return new App({ treeMetadata: false, ...props });
}
