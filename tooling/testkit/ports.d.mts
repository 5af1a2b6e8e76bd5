/** A port that no process listens on right now, and that the system does not give to other programs. `host` defaults to 127.0.0.1. */
export function freePort(host?: string): Promise<number>;

/** Whether a server could listen on `port` now. Rejects when that is unknown, e.g. for a port that needs root. */
export function isPortFree(port: number, host?: string): Promise<boolean>;

/** The first of `count` consecutive free ports. With an `offset`, the ports that much higher are also free. */
export function freePortRange(count: number, host?: string, offset?: number): Promise<number>;
