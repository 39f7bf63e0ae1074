/** What the run does with a resource or a property: carries it out, imitates its effect, or leaves it without effect. */
export type Treatment = 'run' | 'modelled' | 'inert';
