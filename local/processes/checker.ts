import { LocalAwsClient } from '../aws/local-aws-client';
import { Checker, type CheckerProgress, type CheckerReport, type LiveProgress, type TablesBeside } from '../checker/checker';
import type { JudgedLedger } from '../checker/judged-ledger';
import { PostgresqlLedger } from '../checker/postgresql-ledger';
import type { PostgresqlServer } from '../checker/postgresql-reader';
import { TableLedger } from '../checker/table-ledger';
import { Tables } from '../checker/tables';
import { ApiClient } from '../load/api-client';
import { OutcomeReceiver } from '../load/outcome-channel';
import { serveParent } from './serve-parent';

export interface CheckedTables extends TablesBeside {
  /** Tables with the rows of the ledger. @default - they lie in PostgreSQL */
  readonly ledger?: readonly string[];
  /** Table with the balances. @default - they lie in PostgreSQL */
  readonly balances?: string;
}

export interface CheckerConfiguration {
  readonly tables: CheckedTables;
  /** ARNs of the streams of the ledger's tables. @default - the ledger lies in PostgreSQL */
  readonly ledgerStreams?: readonly string[];
  /** Databases that the ledger's rows and balances are read from, in the place of tables. @default - they lie in tables */
  readonly postgresql?: { readonly servers: readonly PostgresqlServer[] };
  /** Port of the table host. */
  readonly tablePort: number;
  readonly targets: readonly { readonly host: string; readonly port: number }[];
  readonly token?: string;
  /** How often the ledger's streams are read, or its database is looked at. */
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
  const readTables = new Tables(tables);
  const ledger = ledgerOf(configuration, readTables, streams);
  const checker = new Checker({
    ledger, tables: readTables, names: configuration.tables, apis, bankUrl: configuration.bankUrl,
    onSettled: (identities) => receiver.current?.settled(identities),
  });
  receiver.current = await OutcomeReceiver.listen((outcomes) => checker.addOutcomes(outcomes));

  await ledger.follow({
    appeared: (rows) => checker.appeared(rows),
    rewritten: (identity) => checker.rewritten(identity),
    get isWaiting() {
      return checker.isWaiting;
    },
    failed: (error) => emit('failed', error.message),
  });

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
      await ledger.stop();
      receiver.current?.close();
      apis.forEach((api) => api.close());
      tables.close();
      streams.close();
    },
  };
});

/** @throws Error when the configuration names no place where a ledger lies */
function ledgerOf(configuration: CheckerConfiguration, tables: Tables, streams: LocalAwsClient): JudgedLedger {
  const { tables: { ledger, balances }, ledgerStreams, postgresql, pollMilliseconds } = configuration;
  if (postgresql !== undefined) {
    return new PostgresqlLedger(postgresql.servers, pollMilliseconds);
  }
  if (ledger === undefined || balances === undefined || ledgerStreams === undefined) {
    throw new Error('`tables.ledger`, `tables.balances` and `ledgerStreams` must be there where `postgresql` is not');
  }
  return new TableLedger({ tables, ledger, balances, streams, streamArns: ledgerStreams, pollMilliseconds });
}
