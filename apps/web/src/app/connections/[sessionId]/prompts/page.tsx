import type { Metadata } from "next";
import { PromptBench } from "../../../../components/prompts/prompt-bench";

export const metadata: Metadata = { title: "Prompts" };

export default function PromptsPage() {
  return <PromptBench />;
}
