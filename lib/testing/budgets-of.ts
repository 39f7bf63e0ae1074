import type { TemplateJson } from './normalize-template';

/** One budget of a template. */
export interface BudgetJson {
  /** The limit with its unit and period, such as `12000 USD MONTHLY`. */
  readonly limit: string;
  /** What is counted against it; undefined where everything is. */
  readonly filters?: unknown;
  /** When somebody is told, such as `ACTUAL > 80 %`. */
  readonly notifications: readonly string[];
}

/** Budgets by their name. */
export interface BudgetsJson {
  readonly [budget: string]: BudgetJson;
}

interface Resource {
  readonly Type?: unknown;
  readonly Properties?: BudgetProperties;
}

interface BudgetProperties {
  readonly Budget?: {
    readonly BudgetName?: unknown;
    readonly BudgetLimit?: { readonly Amount?: unknown; readonly Unit?: unknown };
    readonly TimeUnit?: unknown;
    readonly FilterExpression?: unknown;
    readonly CostFilters?: unknown;
  };
  readonly NotificationsWithSubscribers?: readonly {
    readonly Notification?: {
      readonly NotificationType?: unknown;
      readonly ComparisonOperator?: unknown;
      readonly Threshold?: unknown;
      readonly ThresholdType?: unknown;
    };
  }[];
}

const OPERATORS: { readonly [name: string]: string } = { GREATER_THAN: '>', LESS_THAN: '<', EQUAL_TO: '=' };

/** The budgets of a template, in a form that a cost engineer reads. A budget without a name goes by its logical id. */
export function budgetsOf(template: TemplateJson): BudgetsJson {
  const resources = Object.entries((template.Resources ?? {}) as { readonly [id: string]: Resource });
  const budgets = resources.filter(([, { Type }]) => Type === 'AWS::Budgets::Budget').map(([id, { Properties: properties = {} }]) => {
    const { Budget: budget = {}, NotificationsWithSubscribers: notified = [] } = properties;
    const filters = budget.FilterExpression ?? budget.CostFilters;
    return [typeof budget.BudgetName === 'string' ? budget.BudgetName : id, {
      limit: `${String(budget.BudgetLimit?.Amount)} ${String(budget.BudgetLimit?.Unit)} ${String(budget.TimeUnit)}`,
      ...(filters !== undefined && { filters }),
      notifications: notified.map(({ Notification: it = {} }) => {
        const unit = it.ThresholdType === 'ABSOLUTE_VALUE' ? String(budget.BudgetLimit?.Unit) : '%';
        return `${String(it.NotificationType)} ${OPERATORS[String(it.ComparisonOperator)] ?? String(it.ComparisonOperator)} ${String(it.Threshold)} ${unit}`;
      }),
    }] as const;
  });
  return Object.fromEntries(budgets.sort(([one], [other]) => (one < other ? -1 : 1)));
}
