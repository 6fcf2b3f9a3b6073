// Before anything is painted, and a file of its own: the Content-Security-Policy allows no script within a page.
try {
  const theme = localStorage.getItem("pathwright.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then the system's choice stands.
}
