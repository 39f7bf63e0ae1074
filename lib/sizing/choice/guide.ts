import { Facts } from '../../facts';
import { roundUp } from '../arithmetic';
import { formatNumber } from '../format';

/** What the guide says of a technology: its figure where it has one, else its words. */
export function guideFigure(facts: Facts, key: string, words: string): string {
  const fact = facts.get(`guide/${key}`);
  return `${formatNumber(facts.number(`guide/${key}`))} ${fact.unit} ${words}`;
}

/** The least nodes that a figure of the guide would allow, for technologies that nothing here sizes. It is no size to buy. */
export function nodesByGuide(facts: Facts, key: string, perSecond: number): string {
  const figure = facts.number(`guide/${key}`);
  const nodes = roundUp(perSecond / figure);
  return `no less than ${formatNumber(nodes)} ${nodes === 1 ? 'node' : 'nodes'} and ${nodes === 1 ? 'its' : 'their'} replicas, `
    + `by that figure: ${formatNumber(perSecond)}/s over ${formatNumber(figure)}/s`;
}
