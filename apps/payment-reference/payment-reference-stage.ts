import { Stage, type StageProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { recordWorkload } from '../../constructs';
import type { Workload } from '../../lib/workload';
import { type EnvironmentProps, guardStage, stageCommon } from './guard-stage';
import {
  grantHold, grantPayouts, grantSettle, payoutVariables, settlingApiVariables, streamingApiVariables, type Variables, workerVariables,
} from './ledger-access';
import { Phase } from './phase';
import { AccessStack } from './stacks/access-stack';
import { AuditStack } from './stacks/audit-stack';
import { CacheStack } from './stacks/cache-stack';
import { CanaryStack } from './stacks/canary-stack';
import { CellApiStack } from './stacks/cell-api-stack';
import { CellSignalsStack } from './stacks/cell-signals-stack';
import { CellStreamStack } from './stacks/cell-stream-stack';
import { CellWorkerStack } from './stacks/cell-worker-stack';
import { DataStack } from './stacks/data-stack';
import { EventsStack } from './stacks/events-stack';
import { FraudStack } from './stacks/fraud-stack';
import { NetworkStack } from './stacks/network-stack';
import { PayoutsStack } from './stacks/payouts-stack';
import { RecoveryStack } from './stacks/recovery-stack';
import type { ReferenceStackProps } from './stacks/reference-stack-props';
import { SecurityStack } from './stacks/security-stack';
import { SignalsStack } from './stacks/signals-stack';
import { TakeoverStack } from './stacks/takeover-stack';

/** Properties of `PaymentReferenceStage`. */
export interface PaymentReferenceStageProps extends StageProps, EnvironmentProps {
  /** What all cells together must carry. */
  readonly workload: Workload;

  /**
   * How much of the reference is there.
   *
   * @default Phase.SCALE, all of it
   */
  readonly phase?: Phase;

  /**
   * Page with the runbook of each alarm, an https address without a fragment: docs/runbooks.md, where your people read it.
   *
   * @default - descriptions of alarms have no link
   */
  readonly runbookUrl?: string;

  /**
   * Whether AWS Shield Advanced protects the public edges, in place of the fees of their web ACLs. The account must be subscribed, which is a
   * contract of a year; docs/cost.md says from how many requests on it pays.
   *
   * @default false
   */
  readonly shieldAdvanced?: boolean;
}

/** The stacks that are there once for each cell. */
export interface Cell {
  /** From the second phase on. */
  readonly stream?: CellStreamStack;
  readonly api: CellApiStack;
  readonly worker: CellWorkerStack;
  readonly signals: CellSignalsStack;
}

/** The payment reference: what all cells share once, because keys and ledger are shared; stream, API and worker once for each cell. */
export class PaymentReferenceStage extends Stage {
  readonly phase: Phase;
  readonly security: SecurityStack;
  readonly network: NetworkStack;
  /** What is in the recovery region; none where the workload states no such region. */
  readonly recovery?: RecoveryStack;
  readonly data: DataStack;
  readonly access: AccessStack;
  readonly audit: AuditStack;
  /** From the second phase on. */
  readonly cache?: CacheStack;
  /** What others are told of. From the third phase on. */
  readonly events?: EventsStack;
  /** From the third phase on. */
  readonly payouts?: PayoutsStack;
  /** From the third phase on. */
  readonly fraud?: FraudStack;
  /** From the third phase on. */
  readonly canary?: CanaryStack;
  /** What takes over in the recovery region; none where the workload states no such region. */
  readonly takeover?: TakeoverStack;
  readonly cells: readonly Cell[];
  readonly signals: SignalsStack;

  constructor(scope: Construct, id: string, props: PaymentReferenceStageProps) {
    super(scope, id, props);
    const phase = this.phase = props.phase ?? Phase.SCALE;
    const workload = phase.workload(props.workload);
    const common: ReferenceStackProps = stageCommon(props, phase);

    this.security = new SecurityStack(this, 'security', common);
    this.network = new NetworkStack(this, 'network', { ...common, security: this.security, workload });
    const shared = { ...common, security: this.security, network: this.network, workload };
    this.recovery = this.createRecovery(workload, common);
    this.data = new DataStack(this, 'data', { ...shared, replica: this.recovery?.replica });
    if (this.recovery !== undefined) {
      this.data.addStackDependency(this.recovery, 'a table is copied under a key that is there');
      this.takeover = this.createTakeover(this.recovery, common);
    }
    recordWorkload(this, workload, this.data);
    this.access = new AccessStack(this, 'access', { ...shared, data: this.data });
    this.audit = new AuditStack(this, 'audit', { ...shared, data: this.data });
    if (phase.includes(Phase.OPTIMIZATION)) {
      this.cache = new CacheStack(this, 'cache', { ...shared, data: this.data });
    }
    if (phase.includes(Phase.ADVANCED)) {
      this.events = new EventsStack(this, 'events', { ...shared, data: this.data });
      const variables = payoutVariables(this.data, workload);
      this.payouts = new PayoutsStack(this, 'payouts', { ...shared, data: this.data, events: this.events, variables });
      grantPayouts(this.data, this.payouts.steps);
    }
    this.cells = Array.from({ length: workload.cells }, (_, index) => this.createCell(`cell${index + 1}`, workload, common, props));
    if (phase.includes(Phase.ADVANCED)) {
      this.canary = new CanaryStack(this, 'canary', shared);
      // Behind the cells, whose streams are those that payments are accepted into.
      this.fraud = new FraudStack(this, 'fraud', { ...shared, variables: workerVariables(this.data, workload) });
      grantHold(this.data, this.fraud.worker);
      this.cells.forEach(({ worker }) => this.tellFraud(worker));
    }
    this.signals = new SignalsStack(this, 'signals', { ...shared, ...this.parts(), runbookUrl: props.runbookUrl });
    guardStage(this, this.network, props, 'docs/deploy.md begins with the raises that `cht quotas` asks for; a new account has fewer vCPU than any real load needs');
  }

  private createRecovery({ recoveryRegion }: Workload, common: ReferenceStackProps): RecoveryStack | undefined {
    return recoveryRegion === undefined ? undefined : new RecoveryStack(this, 'recovery', { ...common, recoveryRegion, aliasPrefix: this.stageName });
  }

  private createTakeover(recovery: RecoveryStack, common: ReferenceStackProps): TakeoverStack {
    const takeover = new TakeoverStack(this, 'takeover', { ...common, data: this.data, recovery });
    takeover.addStackDependency(this.data, 'its parameters name tables that are there');
    return takeover;
  }

  private createCell(cell: string, whole: Workload, common: ReferenceStackProps, { runbookUrl, shieldAdvanced }: PaymentReferenceStageProps): Cell {
    const { access, data, network, security } = this;
    const workload = whole.cellShare();
    const shared = { ...common, access, cell, data, network, security, workload };
    const stream = this.phase.includes(Phase.OPTIMIZATION) ? new CellStreamStack(this, `${cell}-stream`, shared) : undefined;
    const worker = new CellWorkerStack(this, `${cell}-worker`, { ...shared, stream });
    const variables = stream === undefined
      ? settlingApiVariables(data, workload, worker.refundWorker)
      : { ...streamingApiVariables(data, stream.eventStream), ...this.optionalVariables() };
    const api = new CellApiStack(this, `${cell}-api`, { ...shared, cells: whole.cells, shieldAdvanced, variables });
    if (stream === undefined) {
      grantSettle(data, api.tier);
      worker.refundWorker.grantSend(api.tier);
    } else {
      stream.eventStream.grantWrite(api.tier);
      data.profiles.grantRead(api.tier);
      this.cache?.cache.grantConnect(api.tier);
      this.cache?.letIn(api.tier);
      this.payouts?.saga.grantStart(api.tier);
      this.payouts?.payouts.grantRead(api.tier);
    }
    const signals = new CellSignalsStack(this, `${cell}-signals`, { ...common, api, runbookUrl, security, stream, worker, workload });
    for (const stack of [stream, api, worker, signals]) {
      if (stack !== undefined) {
        Tags.of(stack).add('cell', cell);
      }
    }
    return { stream, api, worker, signals };
  }

  /** What all cells share, as far as it is there in this phase. */
  private parts() {
    const { access, audit, cache, canary, data, events, fraud, payouts } = this;
    return { access, audit, cache, canary, data, events, fraud, payouts };
  }

  /** What the API is told of the parts that come with later phases. */
  private optionalVariables(): Variables {
    return {
      ...(this.cache !== undefined && { ...this.cache.cache.variables, PROFILE_TABLE: this.data.profiles.tableNames }),
      ...(this.payouts !== undefined && {
        HOLDS: 'true', PAYOUT_STATE_MACHINE_ARN: this.payouts.saga.stateMachine.stateMachineArn, PAYOUT_TABLE: this.payouts.payouts.tableNames,
      }),
    };
  }

  /** Lets a cell's worker write what it decoded to the stream that fraud detection reads. */
  private tellFraud({ paymentWorker }: CellWorkerStack): void {
    if (this.fraud !== undefined && paymentWorker !== undefined) {
      paymentWorker.function.addEnvironment('EVENT_STREAM_NAME', this.fraud.events.stream.streamName);
      this.fraud.events.grantWrite(paymentWorker);
    }
  }
}
