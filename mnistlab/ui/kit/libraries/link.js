// The address that shows the same in any browser: with what this one takes for granted, and without
// what lets its reader into a class, which is their teacher's to give away.
function linkOf(complete) {
  const url = new URL(window.location.href);
  for (const name of PRIVATE) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(complete))
    if (!url.searchParams.has(name)) url.searchParams.set(name, value);
  return url.href;
}

const PRIVATE = ["join"]; // the code of a class
