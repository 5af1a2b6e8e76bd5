import type { Metadata } from "next";
import { EventsView } from "../../components/events/events-view";
import { PageTitle } from "../../components/site/page-title";

export const metadata: Metadata = { title: "Events" };

export default function EventsPage() {
  return (
    <>
      <PageTitle title="Events">Activity since you opened this page, newest first.</PageTitle>
      <div className="mt-6">
        <EventsView />
      </div>
    </>
  );
}
