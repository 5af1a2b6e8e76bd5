/** Sends one command, written as a line, and returns the raw answer: RESP, as it comes over the wire. */
export function askRedis(port: number, command: string): Promise<string>;
