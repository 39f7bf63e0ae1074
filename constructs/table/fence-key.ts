/** Key of the row of a fence that names the writing region, as the API of DynamoDB takes it. */
export const FENCE_KEY = { fence: { S: 'writer' } } as const;
