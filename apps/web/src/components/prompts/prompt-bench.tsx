"use client";

import { usePrompts } from "@mcp-assistant/mcp-redis/client";
import type { PromptInfo } from "@mcp-assistant/mcp-redis/shared";
import { MessageSquareText } from "lucide-react";
import { Bench } from "../bench/bench";
import { BenchSkeleton } from "../bench/bench-skeleton";
import { ItemList, type ListedItem } from "../bench/item-list";
import { LeftOut } from "../bench/left-out";
import { NothingHere } from "../bench/nothing-here";
import { RefreshButton } from "../bench/refresh-button";
import { hrefOf, useChosen } from "../bench/use-chosen";
import { MorePermission } from "../connection/more-permission";
import { useShownConnection } from "../connection/shown-connection";
import { Offline } from "../content/resource-reading";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
import { PromptPanel } from "./prompt-panel";

/** A server's prompts, and the one named in the page's address. A narrow screen shows one of the two. */
export function PromptBench() {
  const connection = useShownConnection();
  const { sessionId } = connection;
  const isConnected = connection.state === "CONNECTED";
  const listed = usePrompts(sessionId, { enabled: isConnected });
  const { data, error, fetchStatus, isLoading, refetch } = listed;
  const [named, choose] = useChosen("prompt");
  if (isLoading) return <BenchSkeleton label="prompts" />;

  const refresh = isConnected && <RefreshButton label="Prompts" queries={[listed]} />;
  const head = (
    <>
      <MorePermission connection={connection} />
      {error && (
        <ErrorNotice error={error}>
          <Button onClick={() => refetch()}>Try again</Button>
        </ErrorNotice>
      )}
      {!data && fetchStatus === "paused" && <Offline />}
    </>
  );
  if (!data || data.prompts.length === 0) {
    return (
      <>
        {head}
        {data && (
          <NothingHere Icon={MessageSquareText} title="This server has no prompts">
            It offers no texts to start a conversation with.
          </NothingHere>
        )}
        {!data && !error && fetchStatus === "idle" && (
          <NothingHere Icon={MessageSquareText} title="No prompts yet">
            Connect the server to see its prompts.
          </NothingHere>
        )}
        <LeftOut count={data?.leftOut ?? 0} />
        {data && <div className="text-center">{refresh}</div>}
      </>
    );
  }
  const { prompts, leftOut } = data;
  const chosen = prompts.find(({ name }) => name === named);
  const shown = chosen ?? prompts[0];
  return (
    <>
      {head}
      <Bench
        list={
          <div className="flex flex-col gap-5">
            <div className="-mb-4">{refresh}</div>
            <ItemList label="Prompts" items={prompts.map(itemOf)} selected={shown?.name} onSelect={choose} />
            <LeftOut count={leftOut} />
          </div>
        }
        isChosen={named !== null}
        back="All prompts"
        onBack={() => choose(null)}
      >
        {named !== null && !chosen && (
          <p className="mb-4 text-sm text-muted wrap-anywhere">
            This server has no prompt called “{named}”. Showing its first prompt instead.
          </p>
        )}
        {shown && <PromptPanel key={shown.name} sessionId={sessionId} isConnected={isConnected} prompt={shown} />}
      </Bench>
    </>
  );
}

const itemOf = ({ name, title = name, description }: PromptInfo): ListedItem => ({
  key: name,
  href: hrefOf("prompt", name),
  title,
  name,
  description,
});
