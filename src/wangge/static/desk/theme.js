// Before the first paint: where nobody chose, follow the device.
if (!document.documentElement.hasAttribute("data-chosen")) {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  follow();
  dark.addEventListener("change", follow);
}
