import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import type { GoldenSignalsProps } from './golden-signals-props';
import { SignalBoard, type SignalGraph } from './signal-board';

/** Graphs of what belongs to a cell that the overview shows as well: throughput, latency, errors. */
const ON_OVERVIEW = ['Requests a second', 'Latency, seconds', 'Payments a second', 'Accepted to settled, milliseconds', 'Errors by type'];

/** The dashboards of a system: one for all of it, and one for each of its cells. */
export class SignalBoards {
  /** Everything that belongs to no cell, and what matters most of each cell. */
  readonly overview: SignalBoard;
  /** Dashboards of the cells, by name. */
  readonly cells: { readonly [cell: string]: SignalBoard } = {};

  /**
   * @param scope what dashboards are made in
   * @param alarms whose states the overview begins with; more may come
   */
  constructor(private readonly scope: Construct, alarms: cloudwatch.IAlarm[], props: Pick<GoldenSignalsProps, 'cost' | 'dashboardProps'>) {
    this.overview = new SignalBoard(scope, 'Overview', props.dashboardProps);
    this.overview.addWidgets(new cloudwatch.AlarmStatusWidget({ title: 'State', alarms, width: cloudwatch.GRID_WIDTH }));
    if (props.cost ?? true) {
      this.overview.addSection('Cost', [{ title: 'Charges of this month so far, USD', left: [estimatedCharges()] }]);
    }
  }

  /**
   * Adds graphs under a heading.
   *
   * @param cell what they belong to. @default - no cell
   */
  addSection(heading: string, cell: string | undefined, graphs: readonly SignalGraph[]): void {
    if (cell === undefined) {
      this.overview.addSection(heading, graphs);
      return;
    }
    const cells = this.cells as { [cell: string]: SignalBoard };
    cells[cell] ??= new SignalBoard(this.scope, `Cell${cell}`);
    cells[cell].addSection(heading, graphs);
    const summary = graphs.filter(({ title }) => ON_OVERVIEW.includes(title));
    if (summary.length > 0) {
      this.overview.addSection(`${cell}: ${heading}`, summary);
    }
  }
}

/** What the account owes this month. AWS publishes it in one region, for the whole account. */
function estimatedCharges(): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/Billing',
    metricName: 'EstimatedCharges',
    dimensionsMap: { Currency: 'USD' },
    statistic: 'Maximum',
    period: DEFAULTS.dashboard.billingPeriod,
    region: 'us-east-1',
    label: 'estimated charges',
  });
}
