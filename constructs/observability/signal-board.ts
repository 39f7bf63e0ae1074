import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { LIMITS } from '../limits';

/** A diagram of a dashboard. */
export interface SignalGraph {
  /** What it shows. */
  readonly title: string;
  /** Metrics by the axis at the left. */
  readonly left: cloudwatch.IMetric[];
  /** Metrics by the axis at the right. @default - none */
  readonly right?: cloudwatch.IMetric[];
  /** What must not be passed, as a line by the axis at the left. @default - none */
  readonly limit?: number;
  /** What the line stands for. @default - nothing is written at it */
  readonly limitLabel?: string;
}

/** A dashboard of sections, that stays within what CloudWatch shows. */
export class SignalBoard extends Construct {
  /** The dashboard. */
  readonly dashboard: cloudwatch.Dashboard;

  private widgets = 0;
  private metrics = 0;
  private most = 0;

  constructor(scope: Construct, id: string, props: cloudwatch.DashboardProps = {}) {
    super(scope, id);
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', props);
    this.node.addValidation({ validate: () => this.validate() });
  }

  /** Adds a heading and diagrams below it, four in a row. */
  addSection(heading: string, graphs: readonly SignalGraph[]): void {
    this.addWidgets(
      new cloudwatch.TextWidget({ markdown: `## ${heading}`, width: cloudwatch.GRID_WIDTH, height: 1, background: cloudwatch.TextWidgetBackground.TRANSPARENT }),
    );
    this.addWidgets(...graphs.map(({ left, limit, limitLabel, right, title }) => new cloudwatch.GraphWidget({
      title,
      left,
      right,
      leftYAxis: { min: 0, showUnits: false },
      rightYAxis: { min: 0, showUnits: false },
      leftAnnotations: limit === undefined ? undefined : [{ value: limit, label: limitLabel, color: cloudwatch.Color.RED }],
    })));
    const shown = graphs.map(({ left, right = [] }) => countMetrics([...left, ...right]));
    this.metrics += shown.reduce((sum, count) => sum + count, 0);
    this.most = Math.max(this.most, ...shown);
  }

  /** Adds widgets of CDK's own. */
  addWidgets(...widgets: cloudwatch.IWidget[]): void {
    this.widgets += widgets.length;
    this.dashboard.addWidgets(...widgets);
  }

  private validate(): string[] {
    const { metrics, widgetMetrics, widgets } = LIMITS.dashboard;
    return [
      ...(this.most > widgetMetrics ? [`a widget must show at most ${widgetMetrics} metrics, got: ${this.most}`] : []),
      ...(this.widgets > widgets ? [`a dashboard must have at most ${widgets} widgets, got: ${this.widgets}; \`cell\` gives each cell one of its own`] : []),
      ...(this.metrics > metrics ? [`a dashboard must show at most ${metrics} metrics, got: ${this.metrics}; \`cell\` gives each cell one of its own`] : []),
    ];
  }
}

/** Metrics that CloudWatch reads for a diagram: those of a calculation count as well. */
function countMetrics(metrics: readonly cloudwatch.IMetric[]): number {
  return metrics.reduce((sum, metric) => {
    const used = metric.toMetricConfig().mathExpression?.usingMetrics;
    return sum + 1 + (used === undefined ? 0 : countMetrics(Object.values(used)));
  }, 0);
}
