export { hostileAuthorizationUrls, hostileUrls } from "./hostile-urls.js";
export { loopbackSpellings, privateAddresses, privateHosts, publicHosts } from "./private-hosts.js";
