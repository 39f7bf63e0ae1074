import { Aspects, RemovalPolicy, Stage, type StageProps, Tags, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { recordWorkload } from '../../constructs';
import type { Workload } from '../../lib/workload';
import { StackSizeLimit } from './aspects/stack-size-limit';
import { StatefulResourceGuard } from './aspects/stateful-resource-guard';
import { AuditStack } from './stacks/audit-stack';
import { CellApiStack } from './stacks/cell-api-stack';
import { CellStreamStack } from './stacks/cell-stream-stack';
import { CellWorkerStack } from './stacks/cell-worker-stack';
import { DataStack } from './stacks/data-stack';
import { NetworkStack } from './stacks/network-stack';
import { RecoveryStack } from './stacks/recovery-stack';
import type { ReferenceStackProps } from './stacks/reference-stack-props';

/** Properties of `PaymentReferenceStage`. */
export interface PaymentReferenceStageProps extends StageProps {
  /** Name of the environment; a tag on every resource. */
  readonly environmentName: string;

  /** What all cells together must carry. */
  readonly workload: Workload;

  /**
   * Whether the stacks take their data with them when they go, and may be deleted at all. Refused for prod.
   *
   * @default false
   */
  readonly disposable?: boolean;
}

/** The stacks that are there once for each cell. */
export interface Cell {
  readonly stream: CellStreamStack;
  readonly api: CellApiStack;
  readonly worker: CellWorkerStack;
}

/** The payment reference: network, data and audit once, because keys and ledger are shared; stream, API and worker once for each cell. */
export class PaymentReferenceStage extends Stage {
  readonly network: NetworkStack;
  /** What is in the recovery region; none where the workload states no such region. */
  readonly recovery?: RecoveryStack;
  readonly data: DataStack;
  readonly audit: AuditStack;
  readonly cells: readonly Cell[];

  constructor(scope: Construct, id: string, props: PaymentReferenceStageProps) {
    super(scope, id, props);
    if (props.disposable && props.environmentName === 'prod') {
      throw new Error('`disposable` must be false for prod, got: true');
    }
    const common: ReferenceStackProps = {
      terminationProtection: !props.disposable,
      removalPolicy: props.disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    };

    this.recovery = this.createRecovery(props.workload, common);
    this.data = new DataStack(this, 'data', { ...common, workload: props.workload, replica: this.recovery?.replica });
    if (this.recovery !== undefined) {
      this.data.addStackDependency(this.recovery, 'a table is copied under a key that is there');
    }
    recordWorkload(this, props.workload, this.data);
    this.network = new NetworkStack(this, 'network', { ...common, encryptionKey: this.data.operationsKey });
    this.audit = new AuditStack(this, 'audit', { ...common, data: this.data, workload: props.workload });
    const share = props.workload.cellShare();
    this.cells = Array.from({ length: props.workload.cells }, (_, index) => this.createCell(index + 1, share, common));

    Tags.of(this).add('application', 'payment-reference');
    Tags.of(this).add('environment', props.environmentName);
    Validations.of(this).acknowledge({
      id: 'HighThroughput::HT-CAPACITY-003',
      reason: 'docs/deploy.md begins with the raises that `cht quotas` asks for; a new account has fewer vCPU than any real load needs',
    });
    Aspects.of(this).add(new StackSizeLimit());
    if (!props.disposable) {
      Aspects.of(this).add(new StatefulResourceGuard());
    }
  }

  private createRecovery({ recoveryRegion }: Workload, common: ReferenceStackProps): RecoveryStack | undefined {
    return recoveryRegion === undefined ? undefined : new RecoveryStack(this, 'recovery', { ...common, recoveryRegion, aliasPrefix: this.stageName });
  }

  private createCell(number: number, workload: Workload, common: ReferenceStackProps): Cell {
    const name = `cell${number}`;
    const { data, network } = this;
    const stream = new CellStreamStack(this, `${name}-stream`, { ...common, data, workload });
    const api = new CellApiStack(this, `${name}-api`, { ...common, data, network, stream, workload });
    const worker = new CellWorkerStack(this, `${name}-worker`, { ...common, data, stream, workload });
    for (const stack of [stream, api, worker]) {
      Tags.of(stack).add('cell', name);
    }
    return { stream, api, worker };
  }
}
