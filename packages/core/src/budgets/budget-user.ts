/** Names a storage and a user. What users hold, spend and wait for in this process is counted by it. */
export const budgetUser = (storeId: string, userId: string): string => JSON.stringify([storeId, userId]);
