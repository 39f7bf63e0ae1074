import { LocalAwsClient } from '../aws/local-aws-client';
import { Checker, type CheckedTables, type CheckerProgress, type CheckerReport, type LiveProgress } from '../checker/checker';
import { LedgerTail } from '../checker/ledger-tail';
import { Tables } from '../checker/tables';
import { ApiClient } from '../load/api-client';
import { OutcomeReceiver } from '../load/outcome-channel';
import { serveParent } from './serve-parent';

export interface CheckerConfiguration {
  readonly tables: CheckedTables;
  readonly ledgerStreams: readonly string[];
  /** Port of the table host. */
  readonly tablePort: number;
  readonly targets: readonly { readonly host: string; readonly port: number }[];
  readonly token?: string;
  /** How often the ledger's streams are read. */
  readonly pollMilliseconds: number;
  /** Address of the pretend bank that payouts go through. @default - there is none */
  readonly bankUrl?: string;
}

/** Answers of the checker, by request. */
export interface CheckerRequests {
  readonly progress: CheckerProgress;
  readonly liveProgress: LiveProgress;
  readonly projectedEffects: number;
  readonly report: CheckerReport;
}

serveParent<CheckerConfiguration>(async (configuration, emit) => {
  const endpoint = `http://127.0.0.1:${configuration.tablePort}`;
  const tables = new LocalAwsClient({ endpoint, service: 'dynamodb', targetPrefix: 'DynamoDB_20120810' });
  const streams = new LocalAwsClient({ endpoint, service: 'dynamodb', targetPrefix: 'DynamoDBStreams_20120810' });
  const apis = configuration.targets.map((target) => new ApiClient(target, configuration.token));
  // The receiver exists only after the checker does, and each tells the other.
  const receiver: { current?: OutcomeReceiver } = {};
  const checker = new Checker(
    new Tables(tables), configuration.tables, apis, (identities) => receiver.current?.settled(identities), undefined, configuration.bankUrl,
  );
  receiver.current = await OutcomeReceiver.listen((outcomes) => checker.addOutcomes(outcomes));

  const tails = configuration.ledgerStreams.map(
    (streamArn) =>
      new LedgerTail(
        streams,
        streamArn,
        configuration.pollMilliseconds,
        (change) => checker.addChange(change),
        (error) => emit('failed', error.message),
      ),
  );
  await Promise.all(tails.map((tail) => tail.start()));

  return {
    ready: { outcomePort: receiver.current.port },
    requests: {
      progress: (): CheckerProgress => checker.progress(),
      liveProgress: () => checker.liveProgress(),
      projectedEffects: () => checker.projectedEffects(),
      lookForParked: () => checker.lookForParked(),
      lookForRejectedPayouts: () => checker.lookForRejectedPayouts(),
      resetLatencies: () => checker.resetLatencies(),
      report: () => checker.report(),
    },
    stop: async () => {
      await Promise.all(tails.map((tail) => tail.stop()));
      receiver.current?.close();
      apis.forEach((api) => api.close());
      tables.close();
      streams.close();
    },
  };
});
