import { PriorityQueue } from '../../../lambdas/runtime';

const displaced: string[] = [];
const queue = new PriorityQueue<string>({ priorities: 2, capacity: 2, onDisplaced: (item) => displaced.push(item) });

const taken = [queue.offer('report', 1), queue.offer('payment 1', 0), queue.offer('payment 2', 0), queue.offer('report 2', 1)];

export const answer = [taken, queue.take(), queue.take(), displaced]; // [[true,true,true,false],"payment 1","payment 2",["report"]]
