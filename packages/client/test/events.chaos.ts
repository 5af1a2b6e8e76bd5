import { eventScenarios, longForm } from "../../api/test/events-scenarios.js";
import { openBrowserReader } from "./browser-reader.fixture.js";

eventScenarios("a browser", openBrowserReader, longForm);
