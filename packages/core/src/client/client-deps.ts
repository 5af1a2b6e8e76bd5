import type { FinishDeps } from "../authorization/sign-in/finish.js";
import type { StartDeps } from "../authorization/sign-in/start.js";
import type { ConnectDeps } from "../connection/connect.js";
import type { ListReads } from "../rates/list-reads.js";
import type { FollowedResources } from "./followed-resources.js";

/** What a client needs from the app. */
export type ClientDeps = ConnectDeps & StartDeps & FinishDeps & { listReads: ListReads; followed: FollowedResources };
