import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Topology, TopologyResource } from '../topology';
import { ConstructPaths } from '../topology/construct-paths';

/** Name of the plugin: what `Validations.of(construct).acknowledge` writes before the id of a rule, with `::` between. */
export const PLUGIN_NAME = 'HighThroughput';

/** Kind of note under which the CDK keeps what was acknowledged. */
export const ACKNOWLEDGED_RULES = 'aws:cdk:acknowledged-rules';

/** A rule that somebody accepts as broken for a construct and everything in it. */
export interface Acknowledgement {
  readonly ruleId: string;
  /** Path of the construct; empty for the whole app. */
  readonly path: string;
  readonly reason: string;
}

/** Which findings somebody knows of and accepts. */
export class Acknowledgements {
  static readonly NONE = new Acknowledgements([]);

  /**
   * What the constructs of an assembly acknowledge.
   *
   * @param folder folder of the assembly. Acknowledgements on a stage or the app itself stand in no template's notes: they are known from the
   * report that a synthesis with the plugin left there.
   */
  static ofAssembly(topology: Topology, folder?: string): Acknowledgements {
    const noted = topology.stacks.flatMap((stack) => [...stack.constructNotes()].flatMap(([constructPath, notes]) =>
      notes.filter(({ type }) => type === ACKNOWLEDGED_RULES).flatMap(({ data }) => acknowledgementsIn(constructPath, data))));
    return new Acknowledgements([...noted, ...(folder === undefined ? [] : reported(folder))]);
  }

  /** Those that give no reason. They do not count. */
  readonly withoutReason: readonly Acknowledgement[];

  private readonly byRule = new Map<string, ConstructPaths<Acknowledgement>>();

  constructor(all: readonly Acknowledgement[]) {
    const paths = new Map<string, Map<string, Acknowledgement>>();
    for (const acknowledgement of all.filter(hasReason)) {
      const byPath = paths.get(acknowledgement.ruleId) ?? new Map<string, Acknowledgement>();
      paths.set(acknowledgement.ruleId, byPath.set(acknowledgement.path, acknowledgement));
    }
    paths.forEach((byPath, ruleId) => this.byRule.set(ruleId, new ConstructPaths(byPath)));
    this.withoutReason = all.filter((it) => !hasReason(it));
  }

  /** The acknowledgement of a rule that stands nearest to a resource. */
  of(ruleId: string, resource: TopologyResource): Acknowledgement | undefined {
    return this.byRule.get(ruleId)?.nearest(resource);
  }
}

/** The acknowledgements of our rules in one note: rule ids, as the CDK qualifies them, and reasons. */
export function acknowledgementsIn(path: string, data: unknown): Acknowledgement[] {
  return Object.entries((data ?? {}) as Record<string, unknown>).flatMap(([id, reason]) => {
    // The CDK qualifies an id that names no plugin as one of an annotation.
    const [, qualified, plain] = new RegExp(`^(?:${PLUGIN_NAME}::(.+)|(?:Annotation::)?(HT-[A-Z]+-\\d+))$`).exec(id) ?? [];
    const ruleId = qualified ?? plain;
    return ruleId === undefined ? [] : [{ ruleId, path, reason: String(reason ?? '') }];
  });
}

interface ValidationReport {
  readonly pluginReports?: readonly {
    readonly pluginName: string;
    readonly suppressedViolations?: readonly { readonly ruleName: string; readonly reason?: string; readonly acknowledgedAt?: string }[];
  }[];
}

/** What the last synthesis with the plugin took out of its findings. */
function reported(folder: string): Acknowledgement[] {
  const file = path.join(folder, 'validation-report.json');
  if (!fs.existsSync(file)) {
    return [];
  }
  const { pluginReports = [] } = JSON.parse(fs.readFileSync(file, 'utf8')) as ValidationReport;
  return pluginReports
    .filter(({ pluginName }) => pluginName === PLUGIN_NAME)
    .flatMap(({ suppressedViolations = [] }) => suppressedViolations)
    .map(({ ruleName, reason = '', acknowledgedAt = '' }) => ({ ruleId: ruleName, path: acknowledgedAt, reason }));
}

function hasReason({ reason }: Acknowledgement): boolean {
  return reason.trim() !== '';
}
