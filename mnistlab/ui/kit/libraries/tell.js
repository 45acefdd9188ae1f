// Whether the server took what it was told.
async function tellServer(address, what) {
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(what),
    });
    return answer.ok;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch's word for "no connection"
    return false;
  }
}
