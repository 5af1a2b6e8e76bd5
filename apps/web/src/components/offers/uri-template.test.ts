import { expect, test } from "vitest";
import { expandTemplate, parseTemplate, variablesOf } from "./uri-template";

const values = new Map(
  Object.entries({
    var: "value",
    hello: "Hello World!",
    path: "/foo/bar",
    x: "1024",
    y: "768",
    empty: "",
    half: "50%",
  }),
);
const expand = (template: string) => expandTemplate(parseTemplate(template) ?? [], values);

// The examples are from RFC 6570 §1.2 and §3.2.
test.each([
  ["{var}", "value"],
  ["{hello}", "Hello%20World%21"],
  ["{+hello}", "Hello%20World!"],
  ["{+path}/here", "/foo/bar/here"],
  ["{half}", "50%25"],
  ["{+half}", "50%25"],
  ["X{#var}", "X#value"],
  ["map?{x,y}", "map?1024,768"],
  ["{+x,hello,y}", "1024,Hello%20World!,768"],
  ["X{.x,y}", "X.1024.768"],
  ["{/var,x}/here", "/value/1024/here"],
  ["{;x,y}", ";x=1024;y=768"],
  ["{?x,y}", "?x=1024&y=768"],
  ["?fixed=yes{&x}", "?fixed=yes&x=1024"],
  ["{var:3}", "val"],
  ["{/var:1,var}", "/v/value"],
  ["{?var*}", "?var=value"],
  ["note:///{id}", "note:///"],
  ["a{?empty,unknown}", "a"],
  ["file:///a b/{var}", "file:///a%20b/value"],
])("%s becomes %s", (template, uri) => {
  expect(expand(template)).toBe(uri);
});

test.each(["{", "a}b", "{{a}}", "{}", "{a b}", "{=a}", "{a,}", "{a:0}"])("%s is not a template", (template) => {
  expect(parseTemplate(template)).toBeUndefined();
});

test("each variable is named once, in order", () => {
  expect(variablesOf(parseTemplate("x://{b}/{+a}{?b,c-d*}") ?? [])).toEqual(["b", "a", "c-d"]);
});

test("values that names of objects could break, and halves of characters, are encoded", () => {
  const parts = parseTemplate("x:{__proto__}{constructor}") ?? [];
  expect(expandTemplate(parts, new Map([["__proto__", "\ud800"]]))).toBe("x:%EF%BF%BD");
});
