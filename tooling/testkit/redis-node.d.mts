/** The raw answer to one command, written as a line: RESP, as it comes over the wire. */
export function askRedis(port: number, command: string): Promise<string>;
