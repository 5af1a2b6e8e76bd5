import { expect, test } from "vitest";
import { fragmentOf, parseFragment } from "./use-chosen-resource";

test.each(["note:///1", "x:a&b=c#d%20e", "time:///now/{+zone}", "file:///ü \u202e"])(
  "%s comes back from a fragment as it was",
  (uri) => {
    for (const kind of ["resource", "template"] as const) {
      expect(parseFragment(fragmentOf({ kind, uri }))).toEqual({ kind, uri });
    }
  },
);

test.each(["", "#", "#main", "#resource=", "#resource=%", "#tool=x"])("%j names no resource", (fragment) => {
  expect(parseFragment(fragment)).toBeNull();
});
