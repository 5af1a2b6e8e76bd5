/** A port nobody listens on at this moment. `host` defaults to 127.0.0.1. */
export function freePort(host?: string): Promise<number>;

/** Whether a server could listen on `port` now. Rejects when that cannot be told, e.g. for a port that needs root. */
export function isPortFree(port: number, host?: string): Promise<boolean>;

/** The first of `count` free ports in a row; with an `offset`, the ports that much higher are free, too. */
export function freePortRange(count: number, host?: string, offset?: number): Promise<number>;
