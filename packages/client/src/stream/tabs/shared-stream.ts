import type { Backend } from "../../backend/backend.js";
import type { ConnectionsStore } from "../../store/connections-store.js";
import type { Network } from "../network.js";
import { ObservableStreamState, type Stream } from "../stream-state.js";
import { StreamChannel } from "./stream-channel.js";
import { StreamFollower } from "./stream-follower.js";
import { StreamLeader } from "./stream-leader.js";
import { TabElection } from "./tab-election.js";
import type { Tabs } from "./tabs.js";

export interface SharedStreamOptions {
  backend: Backend;
  store: ConnectionsStore;
  network: Network;
  tabs: Tabs;
  userKey: string;
}

/** A user's event stream, shared by all tabs of a browser: one tab leads and holds the stream, the others follow it. */
export class SharedStream implements Stream {
  readonly state = new ObservableStreamState();
  readonly #options: SharedStreamOptions;
  #role: StreamLeader | StreamFollower | undefined;
  #endRole: () => void = () => undefined;

  constructor(options: SharedStreamOptions) {
    this.#options = options;
  }

  open(): () => void {
    const { tabs, userKey, store } = this.#options;
    const channel = new StreamChannel(tabs, userKey, (message, from) => this.#role?.receive(message, from));
    const show = this.state.set.bind(this.state);
    const follow = () => this.#play(new StreamFollower({ store, channel, show, takeOver: () => election.takeOver() }));
    const lead = () => this.#play(new StreamLeader({ ...this.#options, channel, show }));
    const election = new TabElection({ tabs, userKey, elected: lead, deposed: follow });
    follow();
    election.stand();
    return () => {
      this.#play(undefined);
      election.leave();
      channel.close();
    };
  }

  readonly retry = (): void => this.#role?.retry();

  #play(role: StreamLeader | StreamFollower | undefined): void {
    this.#endRole();
    this.#endRole = () => undefined;
    this.#role = role;
    this.#endRole = role?.open() ?? (() => undefined);
  }
}
