import { OrSet } from '../../../lambdas/runtime';

const basket = OrSet.EMPTY.add('phone', 'tea').add('phone', 'milk');
const [phone, web] = [basket.add('phone', 'tea'), basket.remove('tea').remove('milk')];

export const answer = [phone.merge(web).elements, web.merge(phone).elements]; // [["tea"],["tea"]]
