/** What a team's own tests need to take snapshots of what an app derives: no CDK in it, and nothing of a test framework either. */
export * from './budgets-of';
export * from './normalize-template';
export * from './plan-of';
export * from './template-serializer';
