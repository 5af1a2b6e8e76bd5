import { App } from "../components/connections";

export default function Page() {
  return <App />;
}
