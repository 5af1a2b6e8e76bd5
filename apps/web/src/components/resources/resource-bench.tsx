"use client";

import { useResources, useResourceTemplates } from "@mcp-assistant/mcp-redis/client";
import type { ResourceInfo, ResourceTemplateInfo } from "@mcp-assistant/mcp-redis/shared";
import { Files } from "lucide-react";
import { Bench } from "../bench/bench";
import { BenchSkeleton } from "../bench/bench-skeleton";
import { ItemList, type ListedItem, manyItems } from "../bench/item-list";
import { LeftOut } from "../bench/left-out";
import { NothingHere } from "../bench/nothing-here";
import { RefreshButton } from "../bench/refresh-button";
import { MorePermission } from "../connection/more-permission";
import { useShownConnection } from "../connection/shown-connection";
import { Offline } from "../content/resource-reading";
import { ListErrors } from "./list-errors";
import { ResourcePanel } from "./resource-panel";
import { TemplatePanel } from "./template-panel";
import { fragmentOf, useChosenResource } from "./use-chosen-resource";

/** A server's resources and templates, and the one named in the page's address. A narrow screen shows one of the two. */
export function ResourceBench() {
  const connection = useShownConnection();
  const { sessionId } = connection;
  const isConnected = connection.state === "CONNECTED";
  const listed = useResources(sessionId, { enabled: isConnected });
  const families = useResourceTemplates(sessionId, { enabled: isConnected });
  const { chosen, choose } = useChosenResource();

  const queries = [listed, families];
  const resources = listed.data?.resources ?? [];
  const templates = families.data?.resourceTemplates ?? [];
  const isEmpty = resources.length === 0 && templates.length === 0;
  const isLoading = isEmpty && queries.some((query) => query.isLoading);
  const hasFailed = queries.some(({ error }) => error);
  if (isLoading && !hasFailed) return <BenchSkeleton label="resources" />;

  const leftOut = (listed.data?.leftOut ?? 0) + (families.data?.leftOut ?? 0);
  const isPaused = listed.fetchStatus === "paused" && !listed.data;
  const refresh = isConnected && <RefreshButton label="Resources" queries={queries} />;
  const head = (
    <>
      <MorePermission connection={connection} />
      <ListErrors queries={queries} />
      {isPaused && <Offline />}
    </>
  );
  if (isEmpty && !chosen) {
    return (
      <>
        {head}
        {isLoading && <BenchSkeleton label="resources" />}
        {!hasFailed && !isPaused && <NoResources isKnown={listed.data !== undefined} />}
        <LeftOut count={leftOut} />
        {!hasFailed && !isPaused && <div className="text-center">{refresh}</div>}
      </>
    );
  }
  const choosing = (kind: "resource" | "template") => ({
    selected: chosen?.kind === kind ? chosen.uri : undefined,
    onSelect: (uri: string) => choose({ kind, uri }),
  });
  const isLong = resources.length >= manyItems;
  const resourceList = resources.length > 0 && (
    <ItemList label="Resources" items={resources.map(itemOfResource)} {...choosing("resource")} />
  );
  return (
    <>
      {head}
      <Bench
        list={
          <div className="flex flex-col gap-5">
            <div className="-mb-4">{refresh}</div>
            {/* Templates below a long list would be out of sight. */}
            {!isLong && resourceList}
            {templates.length > 0 && (
              <div>
                <h2 className="mb-1 px-3 text-[0.8125rem] font-medium text-muted">Templates</h2>
                <ItemList label="Templates" items={templates.map(itemOfTemplate)} {...choosing("template")} />
              </div>
            )}
            {isLong && resourceList}
            <LeftOut count={leftOut} />
          </div>
        }
        isChosen={chosen !== null}
        back="All resources"
        onBack={() => choose(null)}
      >
        {chosen === null && (
          <NothingHere Icon={Files} title={resources.length > 0 ? "Choose a resource" : "Choose a template"}>
            What it holds will appear here.
          </NothingHere>
        )}
        {chosen?.kind === "resource" && (
          <ResourcePanel
            key={chosen.uri}
            sessionId={sessionId}
            uri={chosen.uri}
            info={resources.find(({ uri }) => uri === chosen.uri)}
          />
        )}
        {chosen?.kind === "template" && (
          <TemplatePanel
            key={chosen.uri}
            sessionId={sessionId}
            isConnected={isConnected}
            uriTemplate={chosen.uri}
            info={templates.find(({ uriTemplate }) => uriTemplate === chosen.uri)}
          />
        )}
      </Bench>
    </>
  );
}

const itemOfResource = ({ uri, name, title = name, description, mimeType }: ResourceInfo): ListedItem => ({
  key: uri,
  href: fragmentOf({ kind: "resource", uri }),
  title,
  name: uri,
  description,
  words: `${name} ${mimeType ?? ""}`,
});

const itemOfTemplate = ({ uriTemplate, name, title = name, ...more }: ResourceTemplateInfo): ListedItem => ({
  key: uriTemplate,
  href: fragmentOf({ kind: "template", uri: uriTemplate }),
  title,
  name: uriTemplate,
  description: more.description,
  words: `${name} ${more.mimeType ?? ""}`,
});

function NoResources({ isKnown }: { isKnown: boolean }) {
  return isKnown ? (
    <NothingHere Icon={Files} title="This server has no resources">
      It offers nothing to read here.
    </NothingHere>
  ) : (
    <NothingHere Icon={Files} title="No resources yet">
      Connect the server to see its resources.
    </NothingHere>
  );
}
