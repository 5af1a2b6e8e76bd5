import type { Metadata } from "next";
import { ToolBench } from "../../../../components/tools/tool-bench";

export const metadata: Metadata = { title: "Tools" };

export default function ToolsPage() {
  return <ToolBench />;
}
