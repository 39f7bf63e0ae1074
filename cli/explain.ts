import { Facts } from '../lib/facts';
import { explainAnswer, explainMarkdown } from '../lib/report/explain-answer';
import { renderLatencyMarkdown, renderLatencyText } from '../lib/report/latency-text';
import { recoveryJson, renderRecoveryMarkdown, renderRecoveryText } from '../lib/report/recovery-text';
import { SizingPlan } from '../lib/sizing';
import { latencyBudget, type LatencyBudget } from '../lib/sizing/latency-budget';
import { latencyStreamPath } from '../lib/sizing/latency-sizes';
import { sizeRecovery, type RecoverySizing } from '../lib/sizing/recovery';
import { AssemblyError } from '../lib/topology';
import type { Workload } from '../lib/workload';
import { synthesisAsked, SYNTHESIS_HELP, SYNTHESIS_OPTIONS, useAssembly } from './assembly';
import { type Command, type CommandInput, text, UsageError } from './command';
import { readPlansByRegion, type RegionPlan } from './plans-by-region';
import { statedWorkload, wholeWorkload } from './workload-file';

/** `cht explain` */
export const explainCommand: Command = {
  help: `cht explain PATH [ASSEMBLY]: explains the decisions that PATH names
cht explain latency [ASSEMBLY]: how long a payment takes, hop by hop, against the target
cht explain recovery [ASSEMBLY]: for each kind of data and disaster, what covers it and whether the recovery tier is kept

PATH is a decision ("…/Stream/shards"), the path of a construct, the end of one, or a name ("shards"), as "cht size" prints them.

${SYNTHESIS_HELP}
  --workload FILE      for latency and recovery: a workload as JSON, {"peak": 100000, "cells": 4}, instead of that of the assembly
  --json               for programs
  --markdown           for a pull request

Facts are those that facts.local.json states, else the shipped ones.
`,
  options: { ...SYNTHESIS_OPTIONS, workload: { type: 'string' }, json: { type: 'boolean' }, markdown: { type: 'boolean' } },
  async run(input) {
    const [subject, folder] = input.positionals;
    if (subject === undefined) {
      throw new UsageError('Say what to explain: the path or the name of a decision, latency, or recovery.', 'explain');
    }
    if (input.values.json === true && input.values.markdown === true) {
      throw new UsageError('--json and --markdown exclude each other.', 'explain');
    }
    const whole = subject === 'latency' || subject === 'recovery';
    if (text(input, 'workload') !== undefined && !whole) {
      throw new UsageError('--workload goes with latency and recovery.', 'explain');
    }
    const explain = subject === 'latency' ? latency : subject === 'recovery' ? recovery : (plans: readonly RegionPlan[]) => decisions(subject, plans, input);
    // With a workload of its own nothing has to be synthesized.
    if (text(input, 'workload') !== undefined && folder === undefined && Object.keys(synthesisAsked(input)).length === 0) {
      process.stdout.write(explain([], input));
      return 0;
    }
    const assembly = await useAssembly(input, folder);
    try {
      process.stdout.write(explain(readPlansByRegion(assembly.folder, undefined), input));
      return 0;
    } finally {
      assembly.dispose();
    }
  },
};

function decisions(subject: string, plans: readonly RegionPlan[], input: CommandInput): string {
  const plan = new SizingPlan(plans.flatMap((it) => it.decisions));
  const found = plan.search(subject);
  if (found.length === 0) {
    throw new AssemblyError(`No decision is called ${subject}. There are: ${plan.decisions.map((it) => `${it.path}/${it.name}`).join(', ')}.`);
  }
  const facts = Facts.local(process.cwd(), plans.find((it) => it.decisions.includes(found[0]))?.region);
  return rendered(input, {
    json: () => ({ decisions: found }),
    markdown: () => explainMarkdown(found, { facts }),
    text: (width) => explainAnswer(found, { facts, width }),
  });
}

function latency(plans: readonly RegionPlan[], input: CommandInput): string {
  const budget = budgetOf(plans, statedWorkload(input));
  return rendered(input, {
    json: () => budget,
    markdown: () => renderLatencyMarkdown(budget),
    text: (width) => renderLatencyText(budget, { width }),
  });
}

/** The budget of the first cell, with the sizes that the templates carry. */
function budgetOf(plans: readonly RegionPlan[], stated: Workload | undefined): LatencyBudget {
  const plan = plans.find((it) => latencyStreamPath(it.decisions) !== undefined);
  if (plan === undefined) {
    if (stated === undefined) {
      throw new AssemblyError('The assembly has no stream that payments are accepted into, so there is no latency to explain.');
    }
    return understood(() => latencyBudget(stated.cellShare(), Facts.local()));
  }
  const path = latencyStreamPath(plan.decisions);
  const workload = stated?.cellShare() ?? plan.workloads.find((it) => it.path === path)?.workload;
  if (workload === undefined) {
    throw new AssemblyError(`The template of ${path} does not carry its workload: state it with --workload FILE.`);
  }
  return understood(() => latencyBudget(workload, Facts.local(process.cwd(), plan.region), { decisions: plan.decisions }));
}

function recovery(plans: readonly RegionPlan[], input: CommandInput): string {
  const sizing = recoveryOf(plans, statedWorkload(input));
  return rendered(input, {
    json: () => recoveryJson(sizing),
    markdown: () => renderRecoveryMarkdown(sizing),
    text: (width) => renderRecoveryText(sizing, { width }),
  });
}

/** The recovery of the whole system: what is shared by all cells is sized for the largest workload. */
function recoveryOf(plans: readonly RegionPlan[], stated: Workload | undefined): RecoverySizing {
  const workload = stated ?? wholeWorkload(plans.flatMap(({ workloads }) => workloads), 'The assembly');
  return understood(() => sizeRecovery(workload, Facts.local(process.cwd(), plans[0]?.region)));
}

/** What sizing refuses is told to people without a stack trace. */
function understood<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new AssemblyError((error as Error).message);
  }
}

interface Renderings {
  json(): object;
  markdown(): string;
  text(width: number): string;
}

function rendered(input: CommandInput, as: Renderings): string {
  if (input.values.json === true) {
    return `${JSON.stringify(as.json(), undefined, 2)}\n`;
  }
  return input.values.markdown === true ? as.markdown() : as.text(process.stdout.columns ?? 100);
}
