// The chosen colours, before anything is painted: a classic script, since modules run later.
try {
  const chosen = localStorage.getItem("tercet-theme");
  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.theme = chosen;
  }
} catch {
  // Storage is switched off: the system's colours then.
}
