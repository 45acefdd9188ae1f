// The address that shows the same in any browser: with what this one takes for granted.
function linkOf(complete) {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(complete))
    if (!url.searchParams.has(name)) url.searchParams.set(name, value);
  return url.href;
}
