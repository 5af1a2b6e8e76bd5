export type Report = (problem: string, metadata?: Record<string, string>) => void;
