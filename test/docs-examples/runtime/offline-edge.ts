import { LwwRegister, OrSet, PnCounter } from '../../../lambdas/runtime';

/** What a till knows: what it may sell, how many are left, and what the screen says. */
interface Till { readonly menu: OrSet; readonly stock: PnCounter; readonly notice: LwwRegister<string> }

const merge = (a: Till, b: Till): Till => ({ menu: a.menu.merge(b.menu), stock: a.stock.merge(b.stock), notice: a.notice.merge(b.notice) });
// What goes over the wire, whenever there is one: the whole state, as often and in whatever order it comes.
const received = (text: string): Till => {
  const { menu, stock, notice } = JSON.parse(text) as Record<keyof Till, unknown>;
  return { menu: OrSet.fromJSON(menu), stock: PnCounter.fromJSON(stock), notice: LwwRegister.fromJSON<string>(notice) };
};

const morning: Till = { menu: OrSet.EMPTY.add('office', 'soup'), stock: PnCounter.ZERO.increment('office', 40), notice: LwwRegister.empty() };
// Two tills without a network for a day.
const hall: Till = { ...morning, menu: morning.menu.add('hall', 'cake'), stock: morning.stock.decrement('hall', 12) };
const yard: Till = { ...morning, menu: morning.menu.remove('soup'), stock: morning.stock.decrement('yard', 5), notice: morning.notice.write('yard', 'Cash only', 9) };
const evening = [hall, yard, hall].map((till) => received(JSON.stringify(till))).reduce(merge, morning);

export const answer = [evening.menu.elements, String(evening.stock.value), evening.notice.value]; // [["cake"],"23","Cash only"]
