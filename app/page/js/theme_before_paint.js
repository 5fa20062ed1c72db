// The colours, before anything is painted: a classic script, since modules such as theme.js run later.
{
  let theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  try {
    const stored = localStorage.getItem("tercet-theme");
    theme = stored === "light" || stored === "dark" ? stored : theme;
  } catch {
    // Storage is switched off: the system's colours then.
  }
  document.documentElement.dataset.theme = theme;
}
