"use client";

import { useResources, useResourceTemplates } from "@mcp-assistant/mcp-redis/client";
import type { ErrorInfo, ResourceInfo, ResourceTemplateInfo } from "@mcp-assistant/mcp-redis/shared";
import { Files } from "lucide-react";
import { Bench } from "../bench/bench";
import { BenchSkeleton } from "../bench/bench-skeleton";
import { ItemList, type ListedItem, manyItems } from "../bench/item-list";
import { LeftOut } from "../bench/left-out";
import { NothingHere } from "../bench/nothing-here";
import { MorePermission } from "../connection/more-permission";
import { useShownConnection } from "../connection/shown-connection";
import { Offline } from "../content/resource-reading";
import { Button } from "../ui/button";
import { ErrorNotice } from "../ui/error-notice";
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

  const isWaiting = listed.isLoading || families.isLoading;
  if (isWaiting) return <BenchSkeleton label="resources" />;

  const resources = listed.data?.resources ?? [];
  const templates = families.data?.resourceTemplates ?? [];
  const leftOut = (listed.data?.leftOut ?? 0) + (families.data?.leftOut ?? 0);
  const isPaused = listed.fetchStatus === "paused" && !listed.data;
  const errors = [listed, families].flatMap(({ error, refetch }) => (error ? { error, refetch } : []));
  const head = (
    <>
      <MorePermission connection={connection} />
      {errors.length > 0 && <ListErrors errors={errors} />}
      {isPaused && <Offline />}
    </>
  );
  if (resources.length === 0 && templates.length === 0 && !chosen) {
    return (
      <>
        {head}
        {errors.length === 0 && !isPaused && <NoResources isKnown={listed.data !== undefined} />}
        <LeftOut count={leftOut} />
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
          <NothingHere Icon={Files} title="Choose a resource">
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

/** The first error, which is often the error of both lists. */
function ListErrors({ errors }: { errors: readonly { error: ErrorInfo; refetch: () => unknown }[] }) {
  const [first] = errors;
  if (!first) return null;
  const retry = () => {
    for (const { refetch } of errors) refetch();
  };
  return (
    <ErrorNotice error={first.error}>
      <Button onClick={retry}>Try again</Button>
    </ErrorNotice>
  );
}

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
