export type { CuttingProxy, CuttingProxyOptions, ProxiedConnection } from "./cutting-proxy.js";
export { startCuttingProxy } from "./cutting-proxy.js";
export type { GateStop, RedisCommand, RedisGate, RedisTraffic } from "./redis-gate.js";
export { firstKey, scriptKeys, startRedisGate } from "./redis-gate.js";
