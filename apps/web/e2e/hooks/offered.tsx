import {
  McpProvider,
  useComplete,
  useConnections,
  useGetPrompt,
  usePrompts,
  useResource,
  useResources,
  useResourceTemplates,
} from "@mcp-assistant/mcp-redis/client";
import { useState } from "react";
import { show } from "./show";

function Page() {
  const { data = [] } = useConnections();
  const [isShown, setShown] = useState(true);
  const [first] = data;
  return (
    <main>
      <button type="button" onClick={() => setShown(!isShown)}>
        Show or hide
      </button>
      {first && isShown && <Offered sessionId={first.sessionId} />}
    </main>
  );
}

function Offered({ sessionId }: { sessionId: string }) {
  const [uri, setUri] = useState<string>();
  const [values, setValues] = useState<readonly string[]>([]);
  const resources = useResources(sessionId);
  const templates = useResourceTemplates(sessionId);
  const prompts = usePrompts(sessionId, { select: (listed) => listed.prompts.map(({ name }) => name) });
  const read = useResource(sessionId, uri ?? "", { enabled: uri !== undefined });
  const prompt = useGetPrompt(sessionId);
  const complete = useComplete(sessionId);
  const [contents] = read.data?.contents ?? [];
  return (
    <section>
      <p>resources: {resources.data?.resources.map((resource) => resource.uri).join()}</p>
      <p>templates: {templates.data?.resourceTemplates.map(({ uriTemplate }) => uriTemplate).join()}</p>
      <p>prompts: {prompts.data?.join()}</p>
      <button type="button" onClick={() => setUri("time:///zones")}>
        Read
      </button>
      <button type="button" onClick={() => setUri("time:///now/Atlantis")}>
        Read what is not there
      </button>
      <p>
        read: {read.fetchStatus} {contents && "text" in contents ? contents.text.split("\n")[0] : read.error?.code}
      </p>
      <button
        type="button"
        onClick={() =>
          prompt.mutate({ name: "plan_meeting", arguments: { ours: "Asia/Tokyo", theirs: "Africa/Lagos" } })
        }
      >
        Plan
      </button>
      <p>
        prompt: {prompt.status} {prompt.data?.messages.length}
      </p>
      <button
        type="button"
        onClick={async () => {
          const ref = { type: "ref/prompt", name: "plan_meeting" } as const;
          const { values: proposed } = await complete({ ref, argument: { name: "ours", value: "berlin" } });
          setValues(proposed);
        }}
      >
        Complete
      </button>
      <p>values: {values.join()}</p>
    </section>
  );
}

show(
  <McpProvider authToken="token-of-ada">
    <Page />
  </McpProvider>,
);
