import type { Metadata } from "next";
import { ResourceBench } from "../../../../components/resources/resource-bench";

export const metadata: Metadata = { title: "Resources" };

export default function ResourcesPage() {
  return <ResourceBench />;
}
