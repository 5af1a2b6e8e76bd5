import { borders, floors } from "./floors.mjs";

const untested = ["!**/*.{test,contract,fixture}.*"];

/**
 * The linter's rules, which refuse in the editor what the test refuses: forbidden packages, and rooms that are not
 * below the importing one. If several rules match a file, only the last one applies, so a room's rule repeats its
 * package's.
 */
export function lintRules() {
  const ofPackages = borders.map(({ includes, ...border }) => override(includes, [outside(border)]));
  const ofRooms = Object.entries(floors).flatMap(([folder, ofPackage]) => {
    const border = borders.find(({ includes: [first = ""] }) => first.startsWith(folder.replace(/src$/, "")));
    return ofPackage.flatMap((rooms, floor) =>
      rooms.flatMap((room) => {
        const above = ofPackage
          .slice(floor)
          .flat()
          .filter((other) => other !== room);
        const group = above.flatMap((other) => specifiers(room, other));
        if (group.length === 0) return [];
        const message = `Imports must point down, and ${room} is not above this. See tooling/arrows/floors.mjs.`;
        const includes = [`${folder}/${room.endsWith("/") ? `${room}**` : room}`, ...untested];
        return [override(includes, [...(border ? [outside(border)] : []), { group, message }])];
      }),
    );
  });
  return { overrides: [...ofPackages, ...ofRooms] };
}

const outside = ({ forbidden, message }) => ({ group: forbidden, message });

/** The import specifiers with which the files of a room refer to another room. */
function specifiers(room, other) {
  const written = other.endsWith("/") ? `${other}**` : other.replace(/\.tsx?$/, ".js");
  const depth = room.split("/").length - 1;
  if (depth === 0) return [`./${written}`];
  // A room's subfolders are one step further away. For deeper rooms, that step leads to other rooms with the same
  // names.
  const steps = depth === 1 ? [1, 2] : [depth];
  if (other.startsWith(room)) return [`./${written.slice(room.length)}`];
  return steps.map((count) => `${"../".repeat(count)}${written}`);
}

function override(includes, patterns) {
  const rule = { level: "error", options: { patterns } };
  return { includes, linter: { rules: { style: { noRestrictedImports: rule } } } };
}
